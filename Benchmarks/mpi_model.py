#!/usr/bin/env python3
"""What hessian and pretrain cost over ranks: work, memory and bytes against their number, by the model of the documentation.

    Benchmarks/mpi_model.py [--arch huge] [--batch-size 256] [--batches 2048] [--nodes 1,4,16,64]
    Benchmarks/mpi_model.py --cores 1 --rate 65 --bandwidth 8 --network 2 --arch tiny --batch-size 16 --nodes 1,2

One rank for each node. The constants are guesses for a cluster unless told otherwise: give those of yours. make bench-mpi measures
what a product takes on one core, from which --rate follows, and latency and --network between ranks of one machine.
"""
import argparse
import math
from typing import NamedTuple


class Network(NamedTuple):
    """Sizes of an MAE: encoder, decoder, patches of an image and values of a patch."""
    width: int
    depth: int
    decoder_width: int
    decoder_depth: int
    patches: int
    pixels: int

    @property
    def parameters(self):
        """n: matrices, biases and norms of all blocks, embedding, decoder; fixed positions are none."""
        def block(width):
            return 12 * width**2 + 13 * width
        encoder = self.depth * block(self.width) + self.pixels * self.width + 4 * self.width
        decoder = self.decoder_depth * block(self.decoder_width) + self.width * self.decoder_width + 4 * self.decoder_width
        return encoder + decoder + (self.decoder_width + 1) * self.pixels

    def tokens(self, mask_ratio):
        """Of the encoder and of the decoder, class token included."""
        return 1 + round(self.patches * (1 - mask_ratio)), 1 + self.patches

    def forward(self, mask_ratio):
        """Floating-point operations of an image's forward pass in matrix products."""
        seen, all_tokens = self.tokens(mask_ratio)

        def blocks(depth, width, tokens):
            return depth * (12 * width**2 * tokens + 2 * tokens**2 * width)
        products = (blocks(self.depth, self.width, seen) + blocks(self.decoder_depth, self.decoder_width, all_tokens)
                    + self.patches * self.pixels * (self.width + self.decoder_width) + seen * self.width * self.decoder_width)
        return 2 * products

    def activations(self, mask_ratio):
        """Bytes of an image's values, adjoints and tangents: about 70 numbers for each entry of the stream, as measured at ViT-B."""
        seen, all_tokens = self.tokens(mask_ratio)
        return 4 * 70 * (self.depth * seen * self.width + self.decoder_depth * all_tokens * self.decoder_width)


NETWORKS = {
    "tiny": Network(192, 12, 96, 4, 196, 768), "base": Network(768, 12, 512, 8, 196, 768),
    "large": Network(1024, 24, 512, 8, 196, 768), "huge": Network(1280, 32, 512, 8, 256, 588),
}
#: Forward passes that a Hessian-vector product and a step of training take.
PRODUCT, STEP = 6, 3
#: Vectors that Lanczos keeps; how many it reads or writes for a product on average, restarts and steps that ask for more included.
BASIS, WALKED = 20, 18
#: Vectors of n values that AdamW reads and writes.
ADAMW = 7


def exchange(bytes_, ranks, options):
    """Seconds of a broadcast or a sum on one rank: a pipeline through all of them, or for little a tree."""
    if ranks == 1:
        return 0
    steps = (ranks - 1).bit_length()
    return steps * options.latency * 1e-6 + bytes_ / (options.network * 1e9)


class Costs:
    """Seconds and bytes of one job."""

    def __init__(self, options):
        self.options, self.network = options, NETWORKS[options.arch]
        self.n = self.network.parameters
        self.forward = self.network.forward(options.mask_ratio)
        self.speed = options.cores * options.rate * 1e9
        self.memory_speed = options.bandwidth * 1e9

    def image(self, passes):
        return passes * self.forward / self.speed

    @property
    def solver(self):
        """What Lanczos does with its vectors between two products, on rank 0."""
        return WALKED * 4 * self.n / self.memory_speed

    def batches(self, ranks):
        """Whole batches, all equally long: seconds of all, bytes that a product sends, bytes of memory on each rank."""
        o = self.options
        batch = o.products * (o.batch_size * self.image(PRODUCT) + self.solver)
        return math.ceil(o.batches / ranks) * batch, 0, self.memory(o.batch_size, BASIS + 1)

    def images(self, ranks):
        """Images of each batch: the same, memory on rank 0."""
        o = self.options
        product = o.batch_size / ranks * self.image(PRODUCT) + self.solver + 2 * exchange(4 * self.n, ranks, o)
        return o.batches * o.products * product, 8 * self.n * (ranks - 1), self.memory(o.batch_size / ranks, BASIS + 1)

    def steps(self, ranks):
        """Training: seconds of a step, bytes that it sends in all, bytes of memory on each rank."""
        o = self.options
        update = ADAMW * 4 * self.n / self.memory_speed
        # Each rank receives the sums of its part, then gives them to all.
        summed = 2 * (ranks - 1) / ranks * 4 * self.n / (o.network * 1e9) + 2 * (ranks - 1) * o.latency * 1e-6
        # Weights, gradient and moments; activations of eight images for each of the cores.
        memory = self.memory(min(8 * o.cores, o.batch_size / ranks), 3)
        return o.batch_size / ranks * self.image(STEP) + update + summed, 8 * self.n * (ranks - 1), memory

    def memory(self, images, vectors):
        return 4 * self.n * (1 + vectors) + images * self.network.activations(self.options.mask_ratio)


def duration(seconds):
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{1000 * seconds:.3g} ms"


def size(count):
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def print_table(title, of, nodes, most):
    print(f"\n{title}\n\n| ranks | time | efficiency | sent | memory of rank 0 |\n| ---: | ---: | ---: | ---: | ---: |")
    alone = of(1)[0]
    for ranks in nodes:
        if ranks > most:
            print(f"| {ranks} | more than there are to share | | | |")
            continue
        seconds, sent, memory = of(ranks)
        print(f"| {ranks} | {duration(seconds)} | {alone / (ranks * seconds):.2f} | {size(sent)} | {size(memory)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=NETWORKS, default="huge")
    parser.add_argument("--batch-size", type=int, default=256, help="images")
    parser.add_argument("--batches", type=int, default=2048)
    parser.add_argument("--products", type=int, default=45, help="of a batch")
    parser.add_argument("--mask-ratio", type=float, default=0.75)
    parser.add_argument("--nodes", type=lambda text: [int(word) for word in text.split(",")], default=[1, 4, 16, 64])
    parser.add_argument("--cores", type=float, default=64, help="of a node, as many as do the work of one without disturbing it")
    parser.add_argument("--rate", type=float, default=60, help="GFLOP/s of a core in a product, all included")
    parser.add_argument("--bandwidth", type=float, default=200, help="GB/s of a node's memory")
    parser.add_argument("--network", type=float, default=10, help="GB/s between nodes")
    parser.add_argument("--latency", type=float, default=5, help="µs of a message")
    options = parser.parse_args()
    costs = Costs(options)
    print(f"ViT {options.arch}: {costs.n / 1e6:.4g} million parameters, {costs.forward / 1e9:.3g} GFLOP for an image's forward pass.\n"
          f"A product of {options.batch_size} images takes {duration(options.batch_size * costs.image(PRODUCT))} on one node, "
          f"the solver between two {duration(costs.solver)},\nv and H·v over the network {duration(2 * exchange(4 * costs.n, 2, options))}.")
    half = options.batch_size * costs.image(PRODUCT) / (costs.solver + 2 * exchange(4 * costs.n, 2, options))
    print_table(f"hessian --divide batches, {options.batches} batches of {options.batch_size}", costs.batches, options.nodes, options.batches)
    print_table(f"hessian --divide images, {options.batches} batches of {options.batch_size}; sent by a product", costs.images, options.nodes,
                options.batch_size)
    print(f"\nWith {half:.3g} ranks half of the time is the solver's and the network's.")
    print_table(f"pretrain, a step of {options.batch_size} images", costs.steps, options.nodes, options.batch_size)


if __name__ == "__main__":
    main()
