"""Which function answers which question of a view."""

from __future__ import annotations

from latentlab.core.map.live_map import MapUpdate
from latentlab.core.views.interpolations import PassagesQuestion, passages
from latentlab.core.views.manifold import ManifoldQuestion, manifold
from latentlab.core.views.pca import BesidePcaQuestion, beside_pca
from latentlab.core.views.posterior_samples import PosteriorSamplesQuestion, posterior_samples
from latentlab.core.views.posterior_scatter import DeviationsQuestion, deviations
from latentlab.core.views.question import Answer, Question
from latentlab.core.views.restored import RestoredQuestion, restored
from latentlab.core.views.samples import SamplesQuestion, samples
from latentlab.core.views.sensitivity import NudgesQuestion, nudges
from latentlab.core.views.traversals import DimensionsQuestion, TraversalsQuestion, dimension_use, traversals
from latentlab.core.views.units import UnitsQuestion, units
from latentlab.core.views.walk import WalkQuestion, walk


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
