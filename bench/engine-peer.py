"""The same work in PyTorch, one thread: prints one line of JSON for bench/engine.ts to compare with.

usage: engine-peer.py CASE BATCH EPOCHS IMAGES_FILE LABELS_FILE   (bytes, N x 784 and N)
"""
import json
import statistics
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)


def convolutional(first, second):
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1), nn.BatchNorm2d(first), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1), nn.BatchNorm2d(second), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(49 * second, 10))


MODELS = {
    "digit-cnn": lambda: convolutional(4, 4),
    "cnn-16-32": lambda: convolutional(16, 32),
    "mlp": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)),
}


def main():
    case, batch, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(1)
    with open(sys.argv[4], "rb") as file:
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, 1, 28, 28).float() / 255
    with open(sys.argv[5], "rb") as file:
        labels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).long()
    evaluating = case == "evaluate"
    model = MODELS["digit-cnn" if evaluating else case]()
    if evaluating:
        model.eval()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    seconds = []
    for _ in range(epochs + 1):  # the first one warms up
        start = time.perf_counter()
        if evaluating:
            with torch.no_grad():
                for at in range(0, len(labels), batch):
                    model(images[at:at + batch]).softmax(1)
            seconds.append(time.perf_counter() - start)
            continue
        order = torch.randperm(len(labels))
        for at in range(0, len(labels), batch):
            chosen = order[at:at + batch]
            optimizer.zero_grad()
            loss = loss_of(model(images[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"secondsPerEpoch": statistics.median(seconds[1:]), "all": seconds, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
