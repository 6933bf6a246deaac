"""The commands that need no window: the same core, told to a terminal or as JSON."""

from __future__ import annotations

import dataclasses
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from latentlab.cli import export, image_sets, runs, terminal, training
from latentlab.core.errors import LatentlabError
from latentlab.core.files import exists

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.measures.likelihood import Likelihoods
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.runs.evaluation import Evaluation


def recipes(arguments: Namespace) -> int:
    """List the bundled recipes."""
    from latentlab.core.recipe.recipe import Recipe

    found = [Recipe.load(name) for name in Recipe.names()]
    if arguments.json:
        parts = {"data", "model", "loss", "corruption", "training"}
        for recipe in found:
            settings = recipe.model_dump(mode="json", include=parts)
            terminal.write_json(name=recipe.name, title=recipe.title, summary=recipe.summary, settings=settings)
    else:
        rows = [(recipe.name, recipe.title, recipe.summary) for recipe in found]
        terminal.write_table(("Recipe", "Title", "What it is"), rows)
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure a run on test images: those of the whole set, or those that its recipe names."""
    from latentlab.core.runs import evaluation
    from latentlab.core.runs.run import Run

    run = Run.open(arguments.run)
    snapshot = run.snapshot
    images = export.images_of(run, arguments)
    likelihoods = _likelihoods(snapshot, images) if arguments.likelihood else None
    found = evaluation.evaluate(snapshot, images)
    if arguments.json:
        applies = {key: value for key, value in dataclasses.asdict(found).items() if value is not None}
        if likelihoods is not None:
            applies["likelihood"] = likelihoods.summary()
        terminal.write_json(event="finished", dataset=images.name, **({"agreement": None} | applies))
    else:
        rows = _measures(found, images.title, snapshot.latent)
        if likelihoods is not None:
            rows += _probabilities(likelihoods)
        terminal.write_table(("Measure", "Value"), rows)
    return 0


def clean(arguments: Namespace) -> int:
    """Clean a scanned page with a run, and save it."""
    from latentlab.core.output import clean_page
    from latentlab.core.runs.run import Run

    page, out = arguments.page, arguments.out
    snapshot = Run.open(arguments.run).snapshot
    pixels = clean_page.read_page(page)
    clean_page.check_fits(snapshot, pixels.shape[1:])
    clean_page.check_page_target(out)
    if exists(out) and out.samefile(page):
        raise LatentlabError(f"{out} is the page itself, which would be lost: change --out.")
    cancelled = threading.Event()
    with terminal.interrupt_sets(cancelled), terminal.shown_share(f"Cleaning {page.name}") as show:
        restored = clean_page.clean(snapshot, pixels, cancelled=cancelled, report=show)
    if restored is None:
        terminal.say("Interrupted; nothing is saved.")
        return terminal.INTERRUPTED
    clean_page.save_page(out, restored)
    _, height, width = restored.shape
    terminal.say(f"{height}×{width} pixels cleaned, saved as {out}.")
    return 0


COMMANDS: Mapping[str, Callable[[Namespace], int]] = {
    "recipes": recipes,
    "data": image_sets.data,
    "train": training.train,
    "resume": training.resume,
    "runs": runs.runs,
    "evaluate": evaluate,
    "clean": clean,
    "export": export.export,
}


def _likelihoods(snapshot: Snapshot, images: ImageSet) -> Likelihoods:
    """Measure how probable the test images are, and say where that is not known well."""
    from latentlab.core.measures.likelihood import likelihoods
    from latentlab.core.measures.quadrature import ERROR
    from latentlab.core.progress import watched

    with terminal.shown_share("Integrating") as show, watched(show, lambda: False):
        found = likelihoods(snapshot, images.test_images, images.test_labels)
    if found.error is not None and (worse := int((found.error > ERROR).sum())):
        terminal.say(f"log p(x) of {worse:,} of the images may be off by more than {ERROR} nats each.")
    return found


def _probabilities(found: Likelihoods) -> list[tuple[str, str]]:
    """Give how probable images are as rows of a table: means, and their standard errors."""
    told = found.summary()
    rows = [
        ("ELBO", f"{told['elbo']:.2f} ± {told['elbo_standard_error']:.2f} nats"),
        (f"Importance-weighted bound, k = {found.k}", f"{told['iwae']:.2f} ± {told['iwae_standard_error']:.2f} nats"),
    ]
    if found.log_p is None:
        return [*rows, ("log p(x)", "unknown: it is integrated over 1 to 3 dimensions")]
    return [*rows, ("log p(x), integrated", f"{told['log_p']:.2f} ± {told['standard_error']:.2f} nats")]


def _agreement(found: Evaluation) -> str:
    if found.agreement is None:
        return "unknown"
    return f"{found.agreement:.1%} of {found.agreement_images:,} images"


def _measures(found: Evaluation, title: str, latent: int) -> list[tuple[str, str]]:
    """Give what is known of a run as rows of a table."""
    test = found.test
    rows = [
        ("Test images", f"{found.images:,} of {title}"),
        ("Loss", f"{test.loss:.2f} nats"),
        ("Reconstruction", f"{test.reconstruction:.2f} nats"),
        ("KL", f"{test.kl:.2f} nats"),
        ("Agreement of 15 neighbours", _agreement(found)),
    ]
    if test.penalty:
        rows.insert(4, ("Penalty", f"{test.penalty:.2f} nats"))
    if found.psnr is not None:
        rows.append(("PSNR, noisy to restored", f"{found.psnr.noisy:.1f} to {found.psnr.restored:.1f} dB"))
    if found.active_units is not None:
        rows.append(("Active dimensions", f"{found.active_units} of {latent}"))
    if found.active_share is not None:
        rows.append(("Units that an image switches on", f"{found.active_share:.1%} of {latent}"))
    if found.movement is not None:
        rows.append(("Movement of the code under noise of 0.1", f"{found.movement:.3f} of its spread"))
    if found.principal_angles is not None:
        angles = ", ".join(f"{angle:.1f}°" for angle in found.principal_angles)
        rows.append(("Angles to the principal components", angles))
    return rows
