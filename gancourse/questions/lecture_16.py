"""Predictions of lecture 16."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "16.losses",
        "Two runs of the same GAN end with a generator's loss of 1.69 and of 0.89 nats. Which one draws samples nearer to the data?",
        (
            ("The one with 0.89: less loss", "G's loss compares it with its own D. An easy D makes for a small loss."),
            ("One cannot tell", "The loss says who is ahead, not how good either is. In the runs below it is the one with 1.69."),
            ("Neither: at the end both losses are log 2", "That is the value at D = ½ everywhere, which training does not reach."),
        ),
        1,
    ),
    Question(
        "16.parzen",
        "500 samples each are smoothed into a density, and unseen digits get a log-likelihood under it. Which samples score best?",
        (
            ("Real training digits", "They are draws from the very law of the test digits, and yet they come third."),
            ("A GAN's samples", "They score least of the four, a little below the training digits that they imitate."),
            ("k-means centres of the training digits", "Blurred means lie nearer to every digit than digits do to each other. No centre is a plausible draw."),
        ),
        2,
    ),
    Question(
        "16.inception",
        "A generator knows ten images by heart, one clear image of each class, and draws them evenly. What is its Inception score among K = 10 classes?",
        (
            ("10, the highest there is", "Each image is surely of one class, all classes occur: H(y) = log 10 and H(y|x) = 0."),
            ("1, the lowest", "1 means that the classes of an image say nothing: all images alike, or none clear."),
            ("About 5, as there is no variety", "Variety within a class is not looked at."),
        ),
        0,
    ),
    Question(
        "16.copies",
        "A generator draws nothing but copies of training images. What is its Fréchet distance to the training data?",
        (
            ("Large: copies are no generalisation", "The distance compares means and covariances, and copies have them right."),
            ("As small as that of fresh real images", "Copies are a sample of the data. By this number a memory of the training set is a perfect generator."),
            ("Exactly 0", "Only if it draws each image equally often and all of them; a sample has sampling error."),
        ),
        1,
    ),
    Question(
        "16.bias",
        "Two halves of the same real data, 1,000 images each, have a Fréchet distance of some size. What is it, about, with 125 images each?",
        (
            ("The same: the law is the same", "On average the distance of two samples is above zero, by a bias that depends on n."),
            ("Eight times as large", "The bias is a constant divided by n, nearly: an eighth of the images, eight times the bias, or a little more."),
            ("An eighth", "Fewer images, noisier means and covariances: further apart, not nearer."),
        ),
        1,
    ),
    Question(
        "16.collapsed",
        "A generator draws ten real-looking digits over and over, slightly changed. What are its precision and recall?",
        (
            ("Both low", "Each of its images looks real: precision asks for no more."),
            ("Precision low, recall high", "The other way round: that is a generator that scatters too widely."),
            ("Precision high, recall low", "What it draws is good, but its balls are small and hold hardly any of the real digits."),
        ),
        2,
    ),
    Question(
        "16.outlier",
        "One real point is moved far away from all others, to where a third of the generated points lie. What do precision and density do?",
        (
            ("Precision leaps, density rises by 1/k of that", "The outlier's ball is huge, and one ball is enough for precision. Density counts how many balls hold a point, divided by k."),
            ("Both leap alike", "For density it is one ball more out of k."),
            ("Both hardly move: it is one point of sixty", "Its ball is not one of sixty equal ones: it reaches to its k-th neighbour, far away."),
        ),
        0,
    ),
)  # fmt: skip
