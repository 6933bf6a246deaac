"""What the form of a recipe shows: each setting's key, its name, and what it means to someone who meets it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from latentlab.ui.widgets.forms.augmentation_settings import AugmentationSettings
from latentlab.ui.widgets.forms.beside_settings import BesideSettings
from latentlab.ui.widgets.forms.phase_settings import PhaseSettings
from latentlab.ui.widgets.forms.prior_settings import PriorSettings

SettingTexts = tuple[str, str, str]
"""Dotted key, label, tip."""


class RecipeSettings(QObject):
    """The texts, in the language in force."""

    def main(self) -> tuple[SettingTexts, ...]:
        """Give the settings that people change, which are always in sight."""
        return (
            ("training.epochs", self.tr("Epochs"), self.tr("How often training goes through all training images.")),
            (
                "training.batch_size",
                self.tr("Batch size"),
                self.tr("How many images each step of training looks at. Small batches make noisy steps, but more."),
            ),
            (
                "training.learning_rate",
                self.tr("Learning rate"),
                self.tr("How far each step moves the weights, e.g. 1e-3. Too large and the loss jumps or explodes."),
            ),
            (
                "model.latent",
                self.tr("Latent dimensions"),
                self.tr("How many numbers describe an image in the latent space. Two of them are the map itself."),
            ),
            (
                "loss.beta",
                self.tr("β, KL weight"),
                self.tr("How strongly codes are drawn to the prior. Above 1: smoother map, blurrier images."),
            ),
        )

    def more(self) -> tuple[tuple[str, tuple[SettingTexts, ...]], ...]:
        """Give all others, by their headings."""
        return (
            (self.tr("Images"), self._images()),
            (self.tr("Model"), self._model()),
            PriorSettings().group(),
            (self.tr("Encoder"), (self._encoder_layers(), *self._network("encoder"))),
            (self.tr("Decoder"), (self._decoder_layers(), *self._network("decoder"), *self._beginning())),
            (self.tr("Loss"), self._loss()),
            (self.tr("Steps"), self._steps()),
            PhaseSettings().group(),
            BesideSettings().group(),
            (self.tr("Damage to what the encoder sees"), self._corruption()),
            AugmentationSettings().group(),
        )

    def _images(self) -> tuple[SettingTexts, ...]:
        return (
            (
                "data.limit",
                self.tr("Training images"),
                self.tr("Train on the first so many images only, e.g. 1000. 'all' uses every one."),
            ),
            (
                "data.size",
                self.tr("Image size"),
                self.tr(
                    "Height and width in pixels that images are brought to, e.g. 64 or 32×48. 'as they are' leaves "
                    "them; those of a folder get the commonest size, at most 64 pixels."
                ),
            ),
            (
                "data.fit",
                self.tr("Fit"),
                self.tr(
                    "How images are brought to that size. crop: scaled to cover it, and cropped. pad: scaled to lie "
                    "within it. stretch: neither, but out of shape."
                ),
            ),
            (
                "data.binarised",
                self.tr("Binarised"),
                self.tr(
                    "Train and test on ones and zeros, as published likelihoods are. static: drawn once by the grey "
                    "level of each pixel. dynamic: drawn anew whenever an image is learned from."
                ),
            ),
            (
                "data.images",
                self.tr("Only images"),
                self.tr(
                    "Train and test on these alone, e.g. 5, 100-120: images of the set by their numbers from 0, those "
                    "for training first, then those for testing. 'all' uses every one."
                ),
            ),
            (
                "data.exclude",
                self.tr("Excluded"),
                self.tr(
                    "Neither train nor test on these, e.g. 5, 100-120: images of the set by their numbers as above. "
                    "The map does not show them. 'none' leaves none out."
                ),
            ),
        )

    def _model(self) -> tuple[SettingTexts, ...]:
        return (
            (
                "model.kind",
                self.tr("Kind"),
                self.tr(
                    "autoencoder: rebuilds, and no more. vae: its codes follow a prior one can sample. "
                    "cvae: is told the class too, so that the map is left with style."
                ),
            ),
            (
                "model.output",
                self.tr("Output"),
                self.tr("Last function of the decoder. sigmoid, linear: pixels in [0, 1]. tanh: pixels in [-1, 1]."),
            ),
            (
                "model.code",
                self.tr("Code"),
                self.tr(
                    "What the code is. linear: a map of the encoder's features. places: a mean of the likeliest of "
                    "many places, for a VAE of one or two dimensions that seeks modes all the time. Of an autoencoder "
                    "also features: these themselves, and planes: their planes, for images of any size."
                ),
            ),
            (
                "model.code_activation",
                self.tr("Code's function"),
                self.tr("On an autoencoder's code. relu: units can be silent, as a sparse code needs."),
            ),
        )

    def _encoder_layers(self) -> SettingTexts:
        tip = self.tr("Width of each hidden layer from image to code, e.g. 512, 256. Convolutional: its channels.")
        return "model.encoder.layers", self.tr("Encoder layers"), tip

    def _decoder_layers(self) -> SettingTexts:
        tip = self.tr("Width of each hidden layer from code to image, e.g. 256, 512. Convolutional: its channels.")
        return "model.decoder.layers", self.tr("Decoder layers"), tip

    def _network(self, part: str) -> tuple[SettingTexts, ...]:
        return (
            (
                f"model.{part}.kind",
                self.tr("Kind"),
                self.tr(
                    "mlp: every pixel is connected to every unit. conv: small filters slide over the image in strides. "
                    "pool: filters of 3×3, then the image is halved."
                ),
            ),
            (
                f"model.{part}.dense",
                self.tr("Dense layers"),
                self.tr("Of a convolutional network: widths of connected layers between its filters and the code."),
            ),
            (
                f"model.{part}.activation",
                self.tr("Activation"),
                self.tr("The function between two layers that lets the network bend: with linear it cannot."),
            ),
            (
                f"model.{part}.kernel",
                self.tr("Filter size"),
                self.tr("Side of a conv network's filters, 3 or 4 pixels."),
            ),
            (
                f"model.{part}.strides",
                self.tr("Strides"),
                self.tr("Of each conv layer: 2 halves the image, 1 keeps it. Empty: 2 for all."),
            ),
        )

    def _beginning(self) -> tuple[SettingTexts, ...]:
        return (
            (
                "model.decoder.planes",
                self.tr("First planes"),
                self.tr(
                    "How many planes a convolutional decoder starts from. 'automatic': as many as its last layer has."
                ),
            ),
            (
                "model.decoder.spread",
                self.tr("Spread of first weights"),
                self.tr(
                    "How wide the decoder's first weights are drawn. Wide: details from the start; "
                    "'automatic': it fits z."
                ),
            ),
        )

    def _loss(self) -> tuple[SettingTexts, ...]:
        return (
            (
                "loss.reconstruction",
                self.tr("Reconstruction"),
                self.tr("How the error of a rebuilt image is measured. bernoulli needs the output sigmoid."),
            ),
            (
                "loss.warm_up",
                self.tr("β warm-up"),
                self.tr(
                    "First epochs over which β rises from 0 to its value: codes form before they are drawn together."
                ),
            ),
            (
                "loss.free_bits",
                self.tr("Free bits"),
                self.tr(
                    "Nats of each latent dimension's KL that are not penalised, e.g. 0.1: keeps dimensions in use."
                ),
            ),
            (
                "loss.samples",
                self.tr("Samples"),
                self.tr(
                    "Samples of z per image in training: of several the importance-weighted bound is maximised, which "
                    "is nearer to the likelihood."
                ),
            ),
            (
                "loss.sparsity",
                self.tr("Sparsity"),
                self.tr("Weight of the code's absolute values: the larger, the fewer units an image switches on."),
            ),
            (
                "loss.contraction",
                self.tr("Contraction λ"),
                self.tr(
                    "Weight of the encoder's slope: the larger, the less a code moves when its image changes a little."
                ),
            ),
        )

    def _steps(self) -> tuple[SettingTexts, ...]:
        return (
            (
                "training.seed",
                self.tr("Seed"),
                self.tr("Where the random numbers start: the same seed gives the same run on the same machine."),
            ),
            (
                "training.device",
                self.tr("Compute on"),
                self.tr("Processor (cpu) or graphics card (cuda, mps). 'auto' takes the fastest that is there."),
            ),
            (
                "training.precision",
                self.tr("Precision"),
                self.tr(
                    "What layers compute in. bfloat16 is quicker for convolutions where there are units for it, and "
                    "costs some tenths of a nat."
                ),
            ),
            (
                "training.optimiser",
                self.tr("Optimiser"),
                self.tr("How gradients become steps. adamw also pulls the weights a little towards zero."),
            ),
            (
                "training.beta1",
                self.tr("Momentum β₁"),
                self.tr("Of Adam: how much of the last steps' direction is kept, from 0 to below 1."),
            ),
            (
                "training.schedule",
                self.tr("Schedule"),
                self.tr("constant: one learning rate. one-cycle: it rises to the learning rate, then falls to zero."),
            ),
            (
                "training.patience",
                self.tr("Patience"),
                self.tr(
                    "Stop after so many epochs without a better loss of the validation images, and keep the best "
                    "model, or 'never'."
                ),
            ),
            (
                "data.validation",
                self.tr("Validation"),
                self.tr(
                    "Share of the training images that are set apart to choose the best epoch by, e.g. 0.1. "
                    "'automatic' is a sixth where there is a patience, else none; 0 chooses by the test images."
                ),
            ),
            (
                "data.repeat",
                self.tr("Repeat images"),
                self.tr("How often an epoch goes through the training images: more than once for a handful of them."),
            ),
            (
                "data.shuffle",
                self.tr("Shuffle"),
                self.tr(
                    "whole: an epoch goes through all training images in an order of its own. shards: through one part "
                    "of the set after the other, which a disk reads quicker where memory does not hold the set."
                ),
            ),
            (
                "training.temperature",
                self.tr("Temperature"),
                self.tr("T of a VAE in training, z = μ + T·σ·ε: below 1 images become sharper and vary less."),
            ),
            (
                "training.checkpoint_every",
                self.tr("Checkpoint every"),
                self.tr("Keep the model of every so many epochs; from the command line, also as a file; or 'never'."),
            ),
            (
                "training.micro_batch",
                self.tr("Micro-batch"),
                self.tr(
                    "Images of a batch that are computed at once, e.g. 32; their gradients are summed up. Large "
                    "batches take less memory, and processes, however many, learn the same to the last bit. 'all': the "
                    "whole batch."
                ),
            ),
            (
                "training.threads",
                self.tr("Threads"),
                self.tr(
                    "Cores that training uses. 'automatic': all but one, which the window keeps, so that it "
                    "stays quick."
                ),
            ),
        )

    def _corruption(self) -> tuple[SettingTexts, ...]:
        texts = (
            ("salt_and_pepper", self.tr("Salt and pepper"), self.tr("Share of the pixels that turn black or white.")),
            ("gaussian", self.tr("Gaussian"), self.tr("Standard deviation of noise on pixels in [0, 1].")),
            ("occlusion", self.tr("Occlusion"), self.tr("Share of the area that a rectangle covers.")),
            ("stains", self.tr("Stains"), self.tr("Of a page: how dark they are, from 0 to 1.")),
            ("creases", self.tr("Creases"), self.tr("Of a page: how dark they are, from 0 to 1.")),
            ("light", self.tr("Uneven light"), self.tr("Of a page: how much darker one side is, from 0 to 1.")),
        )
        return tuple((f"corruption.{leaf}", label, tip) for leaf, label, tip in texts)
