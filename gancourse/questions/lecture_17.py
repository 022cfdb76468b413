"""Predictions of lecture 17."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "17.wrong_class",
        "A conditional D is shown a flawless real photograph of a cat together with the label ‘ship’. What should it say at its optimum?",
        (
            ("Real: the photograph is real", "D judges the pair. p(cat picture, ‘ship’) is about zero, whatever the picture's quality."),
            ("It depends on how often G makes that mistake", "D* = p(x, y)/(p(x, y) + q(x, y)). Where the data never show the pair, p is zero and D* is 0 wherever G ever makes it; the logit is as low as features can make it."),
            ("One half: it cannot know", "One half means that data and G show the pair equally often. The data never do."),
        ),
        1,
    ),
    Question(
        "17.race",
        "Seven recipes, the same three minutes of one processor core on CIFAR-10. Which will have the lowest Fréchet distance at the end?",
        (
            ("DCGAN, the oldest and the cheapest in a step", "It draws 102,000 images in the time, and ends lowest, at 44; all others at 50 to 54."),
            ("SNGAN or WGAN-GP, which win the published tables", "They do on a GPU after 50,000 steps and more. Each of their steps is five of D's, on residual networks: here they make 79 and 55."),
            ("The modern baseline, the best of the published table", "It makes 1,140 steps, and ends last, at 54: what is best after hours need not be after minutes."),
        ),
        0,
    ),
    Question(
        "17.roofline",
        "A GPU multiplies 300 numbers in the time in which it fetches one byte. Which layer of a GAN keeps it busy?",
        (
            ("ReLU and batch norm: they are the simplest", "They do about one operation for each number fetched: the processor waits for memory nearly all the time."),
            ("A 3 x 3 convolution with 256 channels", "Each number that is fetched takes part in 9 · 256 products: several hundred operations a byte."),
            ("A 1 x 1 convolution from 3 channels to 8", "Few channels, few products for each number: the arithmetic ends before the next bytes arrive."),
        ),
        1,
    ),
)  # fmt: skip
