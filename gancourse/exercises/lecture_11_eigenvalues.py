"""The ladder of lecture 11: from a Jacobian to a step's eigenvalues, and to the largest step."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close

__all__ = ["EIGENVALUES"]


def _sigmoid(v):
    return 1 / (1 + np.exp(-v))


def _points(rng):
    return [{"theta": a * rng.uniform(0.5, 1.5), "psi": rng.uniform(0.5, 1.5)} for a in (1, -1, 1)]


def _damped(rng):
    return [{"b": b, "w": b * rng.uniform(0.3, 0.9)} for b in rng.uniform(0.4, 1.5, 3)]


def _values(rng):
    return [
        {"a": -rng.uniform(0.1, 0.6), "b": rng.uniform(0.3, 1.2), "h": rng.uniform(0.2, 2.0)}
        for _ in range(4)
    ]


def _stable(rng):
    return [{"a": -rng.uniform(0.1, 0.6), "b": rng.uniform(0.3, 1.2)} for _ in range(4)]


def _rounds(rng):
    return [{"h": rng.uniform(0.2, 1.2), "k": int(k)} for k in (1, 2, 5)]


def _traces(rng):
    return [{"t": t} for t in (rng.uniform(1.2, 1.9), rng.uniform(0.2, 0.9), -rng.uniform(0.2, 1.5))]


EIGENVALUES = Ladder(
    id="11.eigenvalues",
    title="From the Jacobian to the largest step",
    rungs=(
        Exercise(
            id="11.eigenvalues.pull",
            title="pull",
            statement="the derivative in ψ of θ's velocity ψ σ(ψθ), at any (θ, ψ)",
            reference=lambda theta, psi: _sigmoid(psi * theta) + psi * theta * _sigmoid(psi * theta) * (1 - _sigmoid(psi * theta)),
            cases=_points,
            checks=(Check("values", close(), "The product rule: ψ, and σ(ψθ), both change with ψ."),),
            hints=("σ′ = σ(1 − σ), and ψθ has the slope θ in ψ.", "σ(u) + ψ · θ σ(u)(1 − σ(u)), u = ψθ."),
            wrong=(
                Wrong(lambda theta, psi: _sigmoid(psi * theta), "The second term of the product rule is missing: σ(ψθ) changes with ψ as well.", "values"),
                Wrong(lambda theta, psi: 0.5, "½ is the value at the equilibrium. Asked is any (θ, ψ).", "values"),
                Wrong(lambda theta, psi: psi * theta * _sigmoid(psi * theta) * (1 - _sigmoid(psi * theta)), "The first term of the product rule is missing, σ(ψθ).", "values"),
                Wrong(lambda theta, psi: _sigmoid(psi * theta) + psi * _sigmoid(psi * theta) * (1 - _sigmoid(psi * theta)), "The inner derivative of ψθ in ψ is θ.", "values"),
                Wrong(lambda theta, psi: psi**2 * _sigmoid(psi * theta) * (1 - _sigmoid(psi * theta)), "This is the derivative in θ.", "values"),
            ),
            accepted=(lambda theta, psi: (1 + psi * theta * (1 - _sigmoid(psi * theta))) * _sigmoid(psi * theta),),
            points=0.4,
        ),
        Exercise(
            id="11.eigenvalues.root",
            title="root",
            statement="[real part, imaginary part] of the eigenvalue of [[0, b], [−b, −w]] above the real axis, for w < 2b",
            reference=lambda b, w: np.array([-w / 2, np.sqrt(b * b - w * w / 4)]),
            cases=_damped,
            shape="Return two numbers, the real and the imaginary part.",
            checks=(Check("values", close(), "λ² − tr λ + det = 0 with tr = −w and det = b²."),),
            hints=("λ² + wλ + b² = 0.", "λ = −w/2 ± √(w²/4 − b²), and the root is imaginary where w < 2b."),
            wrong=(
                Wrong(lambda b, w: np.array([w / 2, np.sqrt(b * b - w * w / 4)]), "The sign of the regulariser: the trace is −w, so the real part is −w/2.", "values"),
                Wrong(lambda b, w: np.array([-w / 2 + np.sqrt(b * b + w * w / 4), 0.0]), "A minus is missing in your Jacobian: with [[0, b], [b, −w]] the determinant is −b², and the eigenvalues are real. The players want opposite things.", "values"),
                Wrong(lambda b, w: np.array([-w, np.sqrt(b * b - w * w)]), "The ½ of the formula is missing: λ = (tr ± √(tr² − 4 det))/2.", "values"),
                Wrong(lambda b, w: np.array([-w / 2, np.sqrt(b * b - w * w)]), "Under the root stands tr²/4: b² − w²/4.", "values"),
                Wrong(lambda b, w: np.array([0.0, b]), "This is the bare game, w = 0.", "values"),
                Wrong(lambda b, w: np.array([-w / 2, -np.sqrt(b * b - w * w / 4)]), "This is the other one, below the real axis.", "values"),
            ),
            accepted=(lambda b, w: [-0.5 * w, 0.5 * np.sqrt(4 * b * b - w * w)],),
            points=0.4,
        ),
        Exercise(
            id="11.eigenvalues.modulus",
            title="modulus",
            statement="|1 + hλ| for λ = a + bi: the factor of a simultaneous step",
            reference=lambda a, b, h: np.hypot(1 + h * a, h * b),
            cases=_values,
            checks=(Check("values", close(), "The modulus of x + yi is √(x² + y²), with x = 1 + ha and y = hb."),),
            hints=("1 + hλ = (1 + ha) + (hb) i.", "√((1 + ha)² + (hb)²)."),
            wrong=(
                Wrong(lambda a, b, h: abs(1 + h * a), "|·| of the real part only. The imaginary part hb counts too, and for the bare game it is all that counts.", "values"),
                Wrong(lambda a, b, h: 1 + h * np.hypot(a, b), "1 + h|λ| is an upper bound. Add first, then take the modulus: a negative real part pulls inwards.", "values"),
                Wrong(lambda a, b, h: (1 + h * a) ** 2 + (h * b) ** 2, "This is the square of the modulus: take the root.", "values"),
                Wrong(lambda a, b, h: h * np.hypot(a, b), "The 1 is missing: a step adds to where one stands.", "values"),
                Wrong(lambda a, b, h: np.exp(h * a), "This is the factor of continuous time, |e^(hλ)|. A step of size h only follows the tangent.", "values"),
                Wrong(lambda a, b, h: abs(1 + h * a + h * b), "Real and imaginary part do not add: they are the legs of a right-angled triangle.", "values"),
            ),
            accepted=(lambda a, b, h: abs(1 + h * complex(a, b)),),
            points=0.4,
        ),
        Exercise(
            id="11.eigenvalues.largest",
            title="largest",
            statement="the largest h with |1 + hλ| ≤ 1, for λ = a + bi with a < 0",
            reference=lambda a, b: -2 * a / (a * a + b * b),
            cases=_stable,
            checks=(Check("values", close(), "Solve (1 + ha)² + (hb)² = 1 for h > 0."),),
            hints=("Expand: 2ha + h²(a² + b²) = 0.", "Divide by h."),
            wrong=(
                Wrong(lambda a, b: 2 * a / (a * a + b * b), "The sign: a is negative, and h is positive.", "values"),
                Wrong(lambda a, b: -a / (a * a + b * b), "The 2 of the double product 2ha is missing. At your h the factor is smallest, not 1.", "values"),
                Wrong(lambda a, b: -2 / a, "This is for a real λ. The imaginary part makes the limit smaller.", "values"),
                Wrong(lambda a, b: -2 * a / b**2, "(ha)² counts as well: the denominator is |λ|² = a² + b².", "values"),
                Wrong(lambda a, b: 2 / np.hypot(a, b), "2/|λ| is right for a real λ only. For a nearly imaginary one it is far too large.", "values"),
            ),
            accepted=(lambda a, b: 2 * abs(a) / abs(complex(a, b)) ** 2,),
            points=0.3,
        ),
        Exercise(
            id="11.eigenvalues.trace",
            title="trace",
            statement="the trace of a round in turn of the bare GAN: k steps of ψ, [[1, 0], [−h/2, 1]], then one of θ, [[1, h/2], [0, 1]]",
            reference=lambda h, k: 2 - k * h * h / 4,
            cases=_rounds,
            checks=(Check("values", close(), "Multiply: θ's matrix stands on the left, ψ's to the power k on the right."),),
            hints=("[[1, 0], [−h/2, 1]]ᵏ = [[1, 0], [−kh/2, 1]].", "The product's corner is 1 − (h/2)(kh/2)."),
            wrong=(
                Wrong(lambda h, k: 2.0, "This is simultaneous for alternating: I + hJ has trace 2. In turn it is a product of matrices.", "values"),
                Wrong(lambda h, k: 2 - h * h / 4, "k is missing: ψ's matrix is applied k times.", "values"),
                Wrong(lambda h, k: 2 + k * h * h / 4, "The minus of ψ's matrix is lost: the players pull in opposite directions.", "values"),
                Wrong(lambda h, k: 2 - k * h * h, "The two ½s are missing: σ(0) = ½ stands in both matrices.", "values"),
                Wrong(lambda h, k: 2 - (k * h / 2) ** 2, "θ moves once, not k times: its matrix holds h/2.", "values"),
                Wrong(lambda h, k: 1 - k * h * h / 4, "This is one corner of the product. The other is 1.", "values"),
            ),
            accepted=(lambda h, k: np.trace(np.array([[1, h / 2], [0, 1]]) @ np.linalg.matrix_power(np.array([[1, 0], [-h / 2, 1]]), k)),),
            points=0.4,
        ),
        Exercise(
            id="11.eigenvalues.turn",
            title="turn",
            statement="how many rounds one turn takes, when the matrix of a round has determinant 1 and trace t, |t| < 2",
            reference=lambda t: 2 * np.pi / np.arccos(t / 2),
            cases=_traces,
            checks=(Check("values", close(), "The eigenvalues are e^(±iφ) with 2 cos φ = t: a round turns by φ."),),
            hints=("e^(iφ) + e^(−iφ) = 2 cos φ.", "A turn is 2π."),
            wrong=(
                Wrong(lambda t: np.pi / np.arccos(t / 2), "This is half a turn: a turn is 2π.", "values"),
                Wrong(lambda t: 2 * np.pi / np.arccos(np.clip(t, -1, 1)), "The trace is 2 cos φ, not cos φ.", "values"),
                Wrong(lambda t: np.arccos(t / 2), "This is the angle of one round. Asked is how many of them make 2π.", "values"),
                Wrong(lambda t: 360 / np.arccos(t / 2), "The angle is in radians: a turn is 2π.", "values"),
            ),
            accepted=(lambda t: 2 * np.pi / np.angle(complex(t / 2, np.sqrt(1 - t * t / 4))),),
            points=0.3,
        ),
    ),
)  # fmt: skip
