"""What the form of a recipe shows: each setting's key, its name, and what it means to someone who meets it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

SettingTexts = tuple[str, str, str]
"""Dotted key, label, tip."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("RecipeSettings", text)


def main_settings() -> tuple[SettingTexts, ...]:
    """Give the settings that people change, which are always in sight."""
    return (
        ("training.epochs", _tr("Epochs"), _tr("How often training goes through all training images.")),
        (
            "training.batch_size",
            _tr("Batch size"),
            _tr("How many images each step of training looks at. Small batches make noisy steps, but more."),
        ),
        (
            "training.learning_rate",
            _tr("Learning rate"),
            _tr("How far each step moves the weights, e.g. 1e-3. Too large and the loss jumps or explodes."),
        ),
        (
            "model.latent",
            _tr("Latent dimensions"),
            _tr("How many numbers describe an image in the latent space. Two of them are the map itself."),
        ),
        (
            "loss.beta",
            _tr("β, KL weight"),
            _tr("How strongly codes are drawn to the standard normal. Above 1: smoother map, blurrier images."),
        ),
    )


def more_settings() -> tuple[tuple[str, tuple[SettingTexts, ...]], ...]:
    """Give all others, by their headings."""
    return (
        (_tr("Images"), _images()),
        (_tr("Model"), _model()),
        (_tr("Encoder"), (*_encoder_layers(), *_network("encoder"))),
        (_tr("Decoder"), (*_decoder_layers(), *_network("decoder"), *_beginning())),
        (_tr("Loss"), _loss()),
        (_tr("Steps"), _steps()),
        (_tr("Damage to what the encoder sees"), _corruption()),
        (_tr("Random changes of the training images"), _augmentation()),
    )


def _images() -> tuple[SettingTexts, ...]:
    return (
        (
            "data.limit",
            _tr("Training images"),
            _tr("Train on the first so many images only, e.g. 1000. 'all' uses every one."),
        ),
        (
            "data.size",
            _tr("Image size"),
            _tr(
                "Height and width in pixels that images are brought to, e.g. 64 or 32×48. 'as they are' leaves them; "
                "those of a folder get the commonest size, at most 64 pixels."
            ),
        ),
        (
            "data.fit",
            _tr("Fit"),
            _tr(
                "How images are brought to that size. crop: scaled to cover it, and cropped. pad: scaled to lie "
                "within it. stretch: neither, but out of shape."
            ),
        ),
        (
            "data.images",
            _tr("Only images"),
            _tr(
                "Train and test on these alone, e.g. 5, 100-120: images of the set by their numbers from 0, those for "
                "training first, then those for testing. 'all' uses every one."
            ),
        ),
        (
            "data.exclude",
            _tr("Excluded"),
            _tr(
                "Neither train nor test on these, e.g. 5, 100-120: images of the set by their numbers as above. "
                "The map does not show them. 'none' leaves none out."
            ),
        ),
    )


def _model() -> tuple[SettingTexts, ...]:
    return (
        (
            "model.kind",
            _tr("Kind"),
            _tr(
                "autoencoder: rebuilds, and no more. vae: its codes follow a prior one can sample. "
                "cvae: is told the class too, so that the map is left with style."
            ),
        ),
        (
            "model.output",
            _tr("Output"),
            _tr("Last function of the decoder. sigmoid, linear: pixels in [0, 1]. tanh: pixels in [-1, 1]."),
        ),
        (
            "model.code",
            _tr("Code"),
            _tr(
                "What an autoencoder's code is. linear: a map of the encoder's features. features: these themselves. "
                "planes: their planes, for images of any size."
            ),
        ),
        (
            "model.code_activation",
            _tr("Code's function"),
            _tr("On an autoencoder's code. relu: units can be silent, as a sparse code needs."),
        ),
    )


def _encoder_layers() -> tuple[SettingTexts, ...]:
    return (
        (
            "model.encoder.layers",
            _tr("Encoder layers"),
            _tr("Width of each hidden layer from image to code, e.g. 512, 256. Convolutional: its channels."),
        ),
    )


def _decoder_layers() -> tuple[SettingTexts, ...]:
    return (
        (
            "model.decoder.layers",
            _tr("Decoder layers"),
            _tr("Width of each hidden layer from code to image, e.g. 256, 512. Convolutional: its channels."),
        ),
    )


def _network(part: str) -> tuple[SettingTexts, ...]:
    return (
        (
            f"model.{part}.kind",
            _tr("Kind"),
            _tr(
                "mlp: every pixel is connected to every unit. conv: small filters slide over the image in strides. "
                "pool: filters of 3×3, then the image is halved."
            ),
        ),
        (
            f"model.{part}.dense",
            _tr("Dense layers"),
            _tr("Of a convolutional network: widths of connected layers between its filters and the code."),
        ),
        (
            f"model.{part}.activation",
            _tr("Activation"),
            _tr("The function between two layers that lets the network bend: with linear it cannot."),
        ),
        (f"model.{part}.kernel", _tr("Filter size"), _tr("Side of a conv network's filters, 3 or 4 pixels.")),
        (
            f"model.{part}.strides",
            _tr("Strides"),
            _tr("Of each conv layer: 2 halves the image, 1 keeps it. Empty: 2 for all."),
        ),
    )


def _beginning() -> tuple[SettingTexts, ...]:
    return (
        (
            "model.decoder.planes",
            _tr("First planes"),
            _tr("How many planes a convolutional decoder starts from. 'automatic': as many as its last layer has."),
        ),
        (
            "model.decoder.spread",
            _tr("Spread of first weights"),
            _tr(
                "How wide the decoder's first weights are drawn. Wide: details from the start; 'automatic': it fits z."
            ),
        ),
    )


def _loss() -> tuple[SettingTexts, ...]:
    return (
        (
            "loss.reconstruction",
            _tr("Reconstruction"),
            _tr("How the error of a rebuilt image is measured. bernoulli needs the output sigmoid."),
        ),
        (
            "loss.warm_up",
            _tr("β warm-up"),
            _tr("First epochs over which β rises from 0 to its value: codes form before they are drawn together."),
        ),
        (
            "loss.free_bits",
            _tr("Free bits"),
            _tr("Nats of each latent dimension's KL that are not penalised, e.g. 0.1: keeps dimensions in use."),
        ),
        (
            "loss.sparsity",
            _tr("Sparsity"),
            _tr("Weight of the code's absolute values: the larger, the fewer units an image switches on."),
        ),
        (
            "loss.contraction",
            _tr("Contraction λ"),
            _tr("Weight of the encoder's slope: the larger, the less a code moves when its image changes a little."),
        ),
    )


def _steps() -> tuple[SettingTexts, ...]:
    return (
        (
            "training.seed",
            _tr("Seed"),
            _tr("Where the random numbers start: the same seed gives the same run on the same machine."),
        ),
        (
            "training.device",
            _tr("Compute on"),
            _tr("Processor (cpu) or graphics card (cuda, mps). 'auto' takes the fastest that is there."),
        ),
        (
            "training.optimiser",
            _tr("Optimiser"),
            _tr("How gradients become steps. adamw also pulls the weights a little towards zero."),
        ),
        (
            "training.beta1",
            _tr("Momentum β₁"),
            _tr("Of Adam: how much of the last steps' direction is kept, from 0 to below 1."),
        ),
        (
            "training.schedule",
            _tr("Schedule"),
            _tr("constant: one learning rate. one-cycle: it rises to the learning rate, then falls to zero."),
        ),
        (
            "training.patience",
            _tr("Patience"),
            _tr("Stop after so many epochs without a better test loss, and keep the best model, or 'never'."),
        ),
        (
            "data.repeat",
            _tr("Repeat images"),
            _tr("How often an epoch goes through the training images: more than once for a handful of them."),
        ),
        (
            "training.temperature",
            _tr("Temperature"),
            _tr("T of a VAE in training, z = μ + T·σ·ε: below 1 images become sharper and vary less."),
        ),
        (
            "training.checkpoint_every",
            _tr("Checkpoint every"),
            _tr("Keep the model of every so many epochs; from the command line, also as a file; or 'never'."),
        ),
        (
            "training.threads",
            _tr("Threads"),
            _tr("Cores that training uses. 'automatic': all but one, which the window keeps, so that it stays quick."),
        ),
    )


def _corruption() -> tuple[SettingTexts, ...]:
    return tuple(
        (f"corruption.{leaf}", label, tip)
        for leaf, label, tip in (
            ("salt_and_pepper", _tr("Salt and pepper"), _tr("Share of the pixels that turn black or white.")),
            ("gaussian", _tr("Gaussian"), _tr("Standard deviation of noise on pixels in [0, 1].")),
            ("occlusion", _tr("Occlusion"), _tr("Share of the area that a rectangle covers.")),
            ("stains", _tr("Stains"), _tr("Of a page: how dark they are, from 0 to 1.")),
            ("creases", _tr("Creases"), _tr("Of a page: how dark they are, from 0 to 1.")),
            ("light", _tr("Uneven light"), _tr("Of a page: how much darker its dark side is, from 0 to 1.")),
        )
    )


def _augmentation() -> tuple[SettingTexts, ...]:
    return tuple(
        (f"training.augmentation.{leaf}", label, tip)
        for leaf, label, tip in (
            ("rotation", _tr("Rotation"), _tr("Images are turned at random by up to so many degrees.")),
            ("scale", _tr("Scale"), _tr("Images are scaled at random by up to this share: 0.1 is 10 %.")),
            ("shear", _tr("Slant"), _tr("Images are slanted at random by up to this amount.")),
            ("shift", _tr("Shift"), _tr("Images are moved at random by up to so many pixels.")),
            ("mirror", _tr("Mirror"), _tr("Share of the images that are mirrored at random: 0.5 for photographs.")),
            ("until", _tr("Until"), _tr("Share of the run after which images are left as they are: 1 is all.")),
        )
    )
