"""Predictions of lecture 10: one before each experiment in the lab."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "10.success",
        "The ring of eight, everything as the lab starts. G gets better and better. Where does D's loss go?",
        (
            ("To 0: D learns too", "D learns as well, but its task gets impossible: where q = p nobody can tell. Its loss falls to 0 only while G is bad."),
            ("To 2 log 2 = 1.386", "The best D at q = p says ½ everywhere, which costs log 2 on the real points and log 2 on the fakes. (Experiment 3 shows that the converse is false.)"),
            ("To infinity: D is fooled completely", "A D that knows nothing says ½, and pays 1.386. Only a D that is sure of the opposite pays more."),
        ),
        1,
    ),
    Question(
        "10.strong",
        "G stands still, and D alone trains on, 200 steps and then 2,000. What happens to the arrows on the fakes under the minimax loss log(1 − D), and under −log D?",
        (
            ("Minimax: shorter. −log D: longer", "σ(v)∇v against (1 − σ(v))∇v. As D gets sure, σ(v) goes to 0 on the fakes; 1 − σ(v) goes to 1, and ∇v keeps growing."),
            ("Both shorter: a perfect D is flat", "D is flat there, σ(1 − σ)∇v ≈ 0. But −log D divides by D, which is just as small."),
            ("Both longer: a better D teaches better", "That is the theory's wish, D at its best after each step. With minimax this D has hardly anything left to say."),
        ),
        0,
    ),
    Question(
        "10.fast",
        "G takes five updates for each one of D. After 480 steps D's loss stands at about 1.4. What has happened?",
        (
            ("Success: 1.386 is the loss at q = p", "It is the loss of any D that cannot tell. This one cannot because it looks where G was, not where G is."),
            ("G sits on one mode and moves on before D arrives", "D does not know where the fakes are now. Its loss is near 2 log 2, and the JS that one would read from it is near 0; the true one is near its maximum, log 2."),
            ("D has won: G cannot move", "A D that had won would have a loss near 0."),
        ),
        1,
    ),
    Question(
        "10.remedy",
        "The grid of 25; D has half of G's learning rate. G covers a handful of modes. One dial may be turned. Which helps?",
        (
            ("A larger batch", "D sees more points, still one at a time: of a single point one cannot say that its neighbours are missing."),
            ("Four samples a pack", "D judges four points side by side. Four fakes from one mode are seen to be fakes, though each by itself would pass."),
            ("A smaller rate for D: it is too strong", "D is behind already; this lets G run further ahead."),
        ),
        1,
    ),
    Question(
        "10.four",
        "One seed, four objectives, each with its best D or critic drawn over the learned one. What is the same in all four?",
        (
            ("What D should look like", "Minimax and non-saturating share D* = p/(p + q), and a relativistic critic knows it up to a constant. A Wasserstein critic should be something else: a function of slope 1."),
            ("The way that G takes", "The first arrows differ already, and from then on everything does."),
            ("The weights at the start and what G is after", "The same seed gives the same weights, and each objective, if D is at its best, is smallest at q = p. All else is the way there."),
        ),
        2,
    ),
)  # fmt: skip
