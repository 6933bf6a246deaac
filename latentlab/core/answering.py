"""Which function answers which question of a view."""

from __future__ import annotations

from latentlab.core.beside_pca import beside_pca
from latentlab.core.code_results import BesidePcaQuestion, DeviationsQuestion, NudgesQuestion, UnitsQuestion
from latentlab.core.deviations import deviations
from latentlab.core.live_map import MapUpdate
from latentlab.core.manifold import manifold
from latentlab.core.nudges import nudges
from latentlab.core.passages import passages
from latentlab.core.posterior_samples import posterior_samples
from latentlab.core.restoring import restored
from latentlab.core.samples import samples
from latentlab.core.traversal_results import DimensionsQuestion, TraversalsQuestion
from latentlab.core.traversals import dimension_use, traversals
from latentlab.core.units import units
from latentlab.core.view_results import (
    Answer,
    ManifoldQuestion,
    PassagesQuestion,
    PosteriorSamplesQuestion,
    Question,
    RestoredQuestion,
    SamplesQuestion,
)
from latentlab.core.walk import walk
from latentlab.core.walk_results import WalkQuestion


def answer(question: Question, model: MapUpdate) -> Answer:
    """Answer a view's question about a model as it is now.

    Raises
    ------
    LatentlabError
        When there is no answer for this model; the sentence says why.
    """
    match question:
        case ManifoldQuestion():
            return manifold(question, model)
        case SamplesQuestion():
            return samples(question, model)
        case RestoredQuestion():
            return restored(question, model)
        case PassagesQuestion():
            return passages(question, model)
        case PosteriorSamplesQuestion():
            return posterior_samples(question, model)
        case DeviationsQuestion():
            return deviations(question, model)
        case UnitsQuestion():
            return units(question, model)
        case BesidePcaQuestion():
            return beside_pca(question, model)
        case NudgesQuestion():
            return nudges(question, model)
        case WalkQuestion():
            return walk(question, model)
        case TraversalsQuestion():
            return traversals(question, model)
        case DimensionsQuestion():
            return dimension_use(model)
