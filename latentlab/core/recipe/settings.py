"""The parts of a recipe: what each of its keys may be, what it is when left out, and what it does.

Every part is frozen and refuses keys it does not know.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from latentlab.core.budgets import CHARACTERS, IMAGES
from latentlab.core.errors import printable

Widths = tuple[Annotated[int, Field(ge=1, le=8192)], ...]
Rows = tuple[Annotated[int, Field(ge=0, le=IMAGES)], ...]

Text = Annotated[str, BeforeValidator(lambda value: printable(value) if isinstance(value, str) else value)]
Fit = Literal["crop", "pad", "stretch"]
SMALLEST_SIDE, LARGEST_SIDE = 8, 256  # of images, in pixels
Side = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE)]

PAGES, PAIRS = "pages", "pairs:"  # the image set of this name, and those whose names begin so, are ones of pairs
SHARDS, PACKED_PAIRS = "shards:", "shards:pairs:"  # what the names of packed sets begin with, and of those of pairs


class Part(BaseModel):
    """A table of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSettings(Part):
    """Which images a run learns from."""

    dataset: Text = Field("mnist", min_length=1, max_length=CHARACTERS, description="Name of the image set")
    limit: int | None = Field(None, ge=1, le=IMAGES, description="Use only the first so many training images")
    images: Rows = Field(
        (),
        max_length=100_000,
        description="Learn from and test on these images alone: rows of the training images, then of the test images",
    )
    exclude: Rows = Field(
        (),
        max_length=100_000,
        description="Neither learn from nor test on these images; rows as in images, which limit and images choose "
        "from first",
    )
    size: tuple[Side, Side] | None = Field(
        None,
        description="Height and width that images are brought to, in pixels; one number for both. When left out as "
        "they are; of a folder, the commonest size, at most 64",
    )
    fit: Fit = Field(
        "crop",
        description="How images are brought to that size: scaled to cover it and cropped, scaled to lie within it and "
        "padded, or stretched",
    )
    binarised: Literal["static", "dynamic"] | None = Field(
        None,
        description="Learn from and test on ones and zeros, drawn with the probability of each grey level: once for "
        "all, or anew whenever an image is learned from",
    )
    validation: float | None = Field(
        None,
        ge=0,
        le=0.5,
        description="Share of the training images, drawn by the seed, that are set apart to choose the best epoch by; "
        "when left out a sixth where there is a patience, else none. 0 chooses by the test images",
    )
    repeat: int = Field(1, ge=1, le=10_000, description="How often an epoch goes through the training images")
    shuffle: Literal["whole", "shards"] = Field(
        "whole",
        description="Each epoch's order: of all training images, or of shards and of the images in each, which a disk "
        "reads quicker than it finds single images; a batch is then of one part of the set",
    )
    beside: Text = Field(
        "",
        max_length=CHARACTERS,
        description="Name of a second image set whose training images are learned from as well; its path may lie in "
        "the data folder. Empty for none",
    )
    beside_repeat: int = Field(1, ge=1, le=10_000, description="How often an epoch goes through those")

    @field_validator("size", mode="before")
    @classmethod
    def _height_and_width(cls, value: Any) -> Any:
        """Take one number for both sides, and what a person types: ``"32"``, ``"32×48"``, ``"32, 48"``."""
        if isinstance(value, list | tuple) and len(value) < 2:
            value = value[0] if value else None
        if isinstance(value, str) and value.strip().lower() == "none":
            return None
        if isinstance(value, str):
            value = [side.strip() for side in re.split("[x×,]", value)]
        elif isinstance(value, int):
            value = [value]
        return value * 2 if isinstance(value, list) and len(value) == 1 else value

    @property
    def is_paired(self) -> bool:
        """Whether there is a dirty image beside each clean one, for an encoder to see in its place."""
        return self.dataset == PAGES or self.dataset.startswith((PAIRS, PACKED_PAIRS))


class NetworkSettings(Part):
    """The hidden layers of an encoder, in its own order, or of a decoder, in its own order."""

    kind: Literal["mlp", "conv", "pool"] = Field(
        "mlp", description="Fully connected; convolutions with strides; or 3x3 convolutions with pooling"
    )
    layers: Widths = Field((256,), max_length=12, description="Width of each hidden layer, or its channels")
    dense: Widths = Field((), max_length=4, description="Widths of fully connected layers between images and code")
    activation: Literal["relu", "leaky-relu", "gelu", "tanh", "sigmoid", "linear"] = Field(
        "relu", description="After each layer; linear leaves it out"
    )
    kernel: int = Field(4, ge=3, le=4, description="Side of a conv layer's window, in pixels")
    strides: tuple[Annotated[int, Field(ge=1, le=2)], ...] = Field(
        (), description="Of each conv layer; 2 for all when left out"
    )
    spread: float | None = Field(
        None, gt=0, le=100, description="Standard deviation that a decoder's first weights are drawn with"
    )
    planes: int | None = Field(
        None, ge=1, le=8192, description="Planes a decoder starts from; as many as its last layer has when left out"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.kind != "mlp" and not self.layers:
            raise ValueError("a convolutional network needs at least one layer")
        if self.kind == "mlp" and self.dense:
            raise ValueError("all layers of an mlp are fully connected: put their widths into layers, not dense")
        if self.strides and (self.kind != "conv" or len(self.strides) != len(self.layers)):
            raise ValueError("strides are for kind = 'conv', one for each of its layers")
        if self.kernel == 4 and 1 in self.strides:
            raise ValueError("a stride of 1 needs kernel = 3, so that the image keeps its size")
        return self


class ModelSettings(Part):
    """The model that is trained."""

    kind: Literal["autoencoder", "vae", "cvae"] = Field(
        "vae", description="Autoencoder, VAE, or VAE conditioned on the label"
    )
    latent: int = Field(2, ge=1, le=4096, description="Dimensions of the latent space")
    code: Literal["linear", "places", "features", "planes"] = Field(
        "linear",
        description="What the code is: a linear map of the encoder's features, a mean of the likeliest of many places, "
        "the features themselves, or, for images of any size, their planes",
    )
    code_activation: Literal["linear", "relu", "sigmoid", "tanh"] = Field(
        "linear", description="On an autoencoder's code; relu lets units be silent"
    )
    encoder: NetworkSettings = NetworkSettings()
    decoder: NetworkSettings = NetworkSettings()
    output: Literal["sigmoid", "tanh", "linear"] = Field(
        "sigmoid", description="sigmoid and linear model pixels in [0, 1], tanh in [-1, 1]"
    )
    prior: Literal["normal", "vamp"] = Field(
        "normal", description="Standard normal, or the mixture of the posteriors of learned pseudo-inputs (VampPrior)"
    )
    components: int = Field(50, ge=1, le=1000, description="Pseudo-inputs of a vamp prior")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.code == "places" and self.kind != "vae":
            raise ValueError(
                "code = 'places' is for kind = 'vae', as it learns from posteriors: choose code = 'linear'"
            )
        if self.kind != "autoencoder" and (self.code not in ("linear", "places") or self.code_activation != "linear"):
            raise ValueError("code and code_activation other than linear are for kind = 'autoencoder'")
        if self.code == "planes" and (self.encoder.kind, self.decoder.kind) != ("pool", "pool"):
            raise ValueError("code = 'planes' needs an encoder and a decoder of kind = 'pool'")
        if self.code == "planes" and (self.encoder.dense or self.decoder.dense):
            raise ValueError("code = 'planes' has no place for dense layers")
        if self.prior == "vamp" and self.kind != "vae":
            raise ValueError(
                "prior = 'vamp' is for kind = 'vae': its pseudo-inputs have no label, and need a posterior"
            )
        return self


class LossSettings(Part):
    """What is minimised: reconstruction + beta * KL + penalties, summed over dimensions, in nats per image.

    Of several samples the importance-weighted bound takes the place of the first two (Burda et al., 2016).
    While beta warms up, a share of it stands in its place; with free bits, so many nats in the place of a dimension's
    KL where that is lower. What is told as the loss has this beta, and whole, and the whole KL all the same, also where
    beta is changed while it trains; what is minimised is told apart as the objective.
    """

    reconstruction: Literal["bernoulli", "squared-error"] = Field("bernoulli", description="Error of the pixels")
    beta: float = Field(1.0, ge=0, le=1000, description="Weight of the KL divergence")
    warm_up: float = Field(
        0.0, ge=0, le=100_000, description="First epochs of a training over which beta rises from 0 to its value"
    )
    free_bits: float = Field(
        0.0, ge=0, le=100, description="Nats of each dimension's KL, averaged over a batch, that are not penalised"
    )
    samples: int = Field(
        1,
        ge=1,
        le=1000,
        description="Samples of z per image in training; of more than one the importance-weighted bound is maximised",
    )
    labels: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="Weight, in training, of the cross-entropy with which a small network tells the label from z: "
        "classes keep together on the map",
    )
    sparsity: float = Field(0.0, ge=0, le=1000, description="Weight of the code's absolute values, summed")
    contraction: float = Field(
        0.0, ge=0, le=1000, description="Weight of the squared norm of the encoder's Jacobian, summed"
    )

    @property
    def weights(self) -> tuple[float, float, float]:
        """What weighs the terms of the loss that is told: of other weights, losses do not compare."""
        return self.beta, self.sparsity, self.contraction


class CorruptionSettings(Part):
    """Damage to what the encoder sees, drawn anew at every step; the loss is against the clean image.

    A denoising autoencoder (Vincent et al., 2008), for any recipe. Zero does nothing.
    """

    salt_and_pepper: float = Field(0.0, ge=0, le=1, description="Share of pixels that turn black or white")
    gaussian: float = Field(0.0, ge=0, le=1, description="Standard deviation of noise on pixels in [0, 1]")
    occlusion: float = Field(0.0, ge=0, le=1, description="Share of the area that a rectangle covers")
    stains: float = Field(0.0, ge=0, le=1, description="Darkness of a page's stains")
    creases: float = Field(0.0, ge=0, le=1, description="Darkness of a page's creases")
    light: float = Field(0.0, ge=0, le=1, description="How much darker the dark side of a page is")

    @property
    def is_on(self) -> bool:
        """Whether any damage is done at all."""
        return any(value for _, value in self)


class AugmentationSettings(Part):
    """Small random affine changes of what the encoder sees in training, drawn anew at every step; zero changes nothing.

    Where the decoder is still asked for the image itself (Im et al., 2017), the code of a letter comes to depend less
    on the hand that wrote it; where it is asked for the changed one, a model meets more images than there are. A
    mirrored image is mirrored for both.
    """

    rotation: float = Field(0.0, ge=0, le=45, description="Degrees, at most")
    scale: float = Field(0.0, ge=0, le=0.5, description="Share by which an image grows or shrinks, at most")
    shear: float = Field(0.0, ge=0, le=1, description="Horizontal slant, at most")
    shift: float = Field(0.0, ge=0, le=10, description="Pixels, at most")
    mirror: float = Field(0.0, ge=0, le=1, description="Share of the images that are mirrored, for the decoder too")
    until: float = Field(1.0, ge=0, le=1, description="Share of the run after which images are left as they are")
    target: Literal["image", "changed"] = Field(
        "image",
        description="What the decoder is asked for: the image as it is, or the changed one that the encoder sees",
    )

    @property
    def is_on(self) -> bool:
        """Whether any affine change is made at all."""
        return any((self.rotation, self.scale, self.shear, self.shift))


class TrainingSettings(Part):
    """How the model is trained."""

    optimiser: Literal["adam", "adamw", "rmsprop"] = Field("adam", description="adamw decays weights by 0.01")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Step size; the peak where a schedule is used")
    beta1: float = Field(0.9, ge=0, lt=1, description="Adam's momentum")
    schedule: Literal["constant", "one-cycle"] = Field("constant", description="Learning rate over the run")
    batch_size: int = Field(128, ge=1, le=65536, description="Images per step")
    micro_batch: int | None = Field(
        None,
        ge=1,
        le=65536,
        description="Images of a batch that are computed at once, and their gradients summed up exactly: a large batch "
        "takes no more memory, and processes, however many, with as many threads each, come to the same weights to the "
        "last bit; when left out the whole batch is, or a process's part of it",
    )
    epochs: int = Field(20, ge=1, le=100000, description="Passes over the training images")
    patience: int | None = Field(
        None,
        ge=1,
        le=100000,
        description="Stop early after so many epochs without a better loss of the validation images, and keep the best "
        "model",
    )
    refine: float = Field(
        0.0,
        ge=0,
        le=0.9,
        description="Last share of the training in which the encoder learns alone, and what it sees is asked for",
    )
    modes: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Last share of the training in which the mode of each image's posterior is sought on a grid: the "
        "encoder learns to find it, and the decoder learns from it where the encoder does not. For a VAE of one or two "
        "dimensions",
    )
    fit_prior: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Components of a Gaussian mixture that is fitted to a VAE's codes at the end of the training, and "
        "is its prior from then on; until then, in training too, it is the model's own",
    )
    temperature: float = Field(1.0, ge=0, le=2, description="T of a VAE in training: z = mean + T * deviation * noise")
    checkpoint_every: int | None = Field(
        None,
        ge=1,
        le=100000,
        description="Keep the model of every so many epochs; from the command line, as a file each",
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Same seed, same run on the same machine")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where it is computed")
    threads: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="Threads that a processor computes with; when left out one for each core, and one less beside "
        "the window",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="What layers compute in, weights and losses being float32; bfloat16 pays for convolutions where "
        "there are units for it, and costs some tenths of a nat",
    )
    augmentation: AugmentationSettings = AugmentationSettings()
