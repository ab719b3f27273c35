"""The same work in PyTorch, one thread, for bench/engine.ts to compare with.

usage: engine-peer.py blas
       engine-peer.py NETWORK train|evaluate BATCH IMAGES_FILE LABELS_FILE LAYOUT   (bytes, N x H x W x C and N)

`blas` prints the library that multiplies matrices and its GFLOP/s on one thread, as a line of JSON. Else every line on
the input is an epoch; it answers with its seconds, those of the thread's CPU beside those of the clock.
"""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)


def block(inputs, outputs, stride=1):
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.main = nn.Sequential(
            *block(inputs, outputs, stride), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.short = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.main(x) + self.short(x))


def pooled(first, second):
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1), nn.BatchNorm2d(first), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1), nn.BatchNorm2d(second), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(49 * second, 10))


MODELS = {
    "digit-cnn": ((28, 28, 1), lambda: pooled(4, 4)),
    "cnn-16-32": ((28, 28, 1), lambda: pooled(16, 32)),
    "mlp": ((28, 28, 1), lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))),
    "wide-cnn": ((28, 28, 1), lambda: nn.Sequential(
        *block(1, 32), *block(32, 32), nn.MaxPool2d(2), *block(32, 64), *block(64, 64), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(3136, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))),
    "resnet-small": ((32, 32, 3), lambda: nn.Sequential(
        *block(3, 16), Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(64, 10))),
}


def blas():
    size, best = 512, float("inf")
    a, b = torch.rand(size, size), torch.rand(size, size)
    for _ in range(20):
        start = time.thread_time()
        a @ b
        best = min(best, time.thread_time() - start)
    libraries = set()
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "/" in line}
        libraries = {path for path in paths if any(name in path.lower() for name in ("blas", "mkl", "blis"))}
    except OSError:
        pass
    print(json.dumps({"libraries": sorted(libraries), "gflops": 2 * size**3 / best / 1e9, "torch": torch.__version__}))


def main():
    name, task, batch, images_file, labels_file, layout = sys.argv[1:]
    batch = int(batch)
    torch.manual_seed(1)
    (height, width, channels), create = MODELS[name]
    with open(images_file, "rb") as file:
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, height, width, channels)
    with open(labels_file, "rb") as file:
        labels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).long()
    memory = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    # A copy: images of one channel count as contiguous in either layout, but PyTorch goes by their strides.
    images = (images.float() / 255).permute(0, 3, 1, 2).clone(memory_format=memory)
    model = create().to(memory_format=memory)
    evaluating = task == "evaluate"
    model.train(not evaluating)
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in sys.stdin:
        start, start_cpu = time.perf_counter(), time.thread_time()
        if evaluating:
            with torch.no_grad():
                for at in range(0, len(labels), batch):
                    model(images[at:at + batch]).softmax(1)
        else:
            order = torch.randperm(len(labels))
            for at in range(0, len(labels), batch):
                chosen = order[at:at + batch]
                optimizer.zero_grad()
                loss = loss_of(model(images[chosen].contiguous(memory_format=memory)), labels[chosen])
                loss.backward()
                optimizer.step()
        elapsed = {"seconds": time.perf_counter() - start, "cpuSeconds": time.thread_time() - start_cpu}
        print(json.dumps(elapsed), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["blas"]:
        blas()
    else:
        main()
