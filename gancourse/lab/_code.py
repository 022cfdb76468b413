"""The cell that reproduces a run of the lab without its picture."""

from gancourse.lab.data import DRAWN_STD

__all__ = ["code"]


def code(run):
    """The source of the cell, for a ``Lab``: it leaves ``generator`` and ``discriminator``."""
    return _source(run).replace("'", '"')


def _source(run):
    plain = run.origin is None and run.settings.generator_steps == 1
    if plain and len(run.log) == 1 and run.log[0][0] == "both":
        return _with_train(run.settings, run.time)
    return _with_lab(run)


def _with_lab(run):
    lines = ["from gancourse.lab import Lab", ""]
    if run.origin is None:
        dials = ", ".join(f"{name}={value!r}" for name, value in run.start.changes().items())
        lines.append(f"run = Lab({dials})")
    else:
        lines.append(f"run = Lab.trained({run.origin!r})")
    for kind, what in run.log:
        if kind == "change":
            dials = ", ".join(f"{name}={value!r}" for name, value in what.items())
            lines.append(f"run.change({dials})")
        else:
            lines.append(f"run.advance({what})" if kind == "both" else f"run.advance({what}, {kind!r})")
    lines.append("generator, discriminator = run.generator, run.discriminator")
    if run.settings.average:
        lines.append("averaged = run.shown")
    return "\n".join(lines) + "\n"


def _with_train(s, steps):
    imports = {"gancourse.training": {"train"}}
    networks = _networks(s, imports)
    data = _data(s, imports)
    objective = _objective(s, imports)
    arguments = [f"steps={steps}", f"batch={s.batch}"]
    if s.discriminator_steps > 1:
        arguments.append(f"discriminator_steps={s.discriminator_steps}")
    arguments += _optimizers(s, imports)
    before, penalty = _penalty(s, imports)
    arguments += penalty
    if s.clip:
        imports.setdefault("gancourse.penalties", set()).add("clip_")
        arguments.append(f"constraint=lambda critic: clip_(critic, {s.clip!r})")
    if s.method != "alternating":
        arguments.append(f"step={_step(s, imports)}")
    if s.average:
        arguments.append(f"average={s.average!r}")
    arguments += [f"seed={s.seed}", 'device="cpu"', "threads=1", "progress=False"]
    imported = [(module, sorted(names)) for module, names in sorted(imports.items()) if names]
    lines = ["import torch", ""]
    lines += [f"from {module} import {', '.join(names)}" for module, names in imported]
    lines += ["", f"data = {data}", f"torch.manual_seed({s.seed})", *networks, *before]
    lines += ["history = train(", f"    generator, discriminator, data.sample, {objective},"]
    last = ["averaged = history.averaged_generator"] if s.average else []
    return "\n".join([*lines, *(f"    {argument}," for argument in arguments), ")", *last]) + "\n"


def _networks(s, imports):
    sizes = f"noise_dim={s.noise_dim}, width={s.generator_width}, depth={s.generator_depth}"
    if s.noise_law == "gaussian":
        imports["gancourse.models"] = {"MLPDiscriminator", "MLPGenerator"}
        lines = [f"generator = MLPGenerator({sizes})"]
    else:
        imports["gancourse.models"] = {"MLPDiscriminator"}
        imports["gancourse.lab"] = {"LabGenerator"}
        lines = [f"generator = LabGenerator({sizes}, law={s.noise_law!r})"]
    seen = 2 * s.packing + (s.noise_dim if s.method == "veegan" else 0)
    sizes = f"in_dim={seen}, width={s.discriminator_width}, depth={s.discriminator_depth}"
    network = f"MLPDiscriminator({sizes})"
    for wanted, name, form in (
        (s.spectral_norm, "spectral_norm_", "spectral_norm_({})"),
        (s.packing > 1, "Packed", f"Packed({{}}, m={s.packing})"),
        (s.instance_noise, "InstanceNoise", f"InstanceNoise({{}}, std={s.instance_noise!r})"),
    ):
        if wanted:
            imports.setdefault("gancourse.methods", set()).add(name)
            network = form.format(network)
    lines.append(f"discriminator = {network}")
    if s.method == "veegan":
        imports["gancourse.models"].add("MLPGenerator")
        sizes = f"width={s.discriminator_width}, depth={s.discriminator_depth}, out_dim={s.noise_dim}"
        lines.append(f"reconstructor = MLPGenerator(noise_dim=2, {sizes})")
    return lines


def _data(s, imports):
    if s.data == "drawn":
        imports["gancourse.densities"] = {"Mixture"}
        k = len(s.points)
        return f"Mixture([1 / {k}] * {k}, {[list(point) for point in s.points]}, stds={DRAWN_STD})"
    imports.setdefault("gancourse.lab", set()).add("data_set")
    return f"data_set({s.data!r})"


def _objective(s, imports):
    if s.objective.startswith("f_gan "):
        imports["gancourse.objectives"] = {"f_gan"}
        practical = ", practical=True" if s.practical else ""
        return f"f_gan({s.objective.removeprefix('f_gan ')!r}{practical})"
    if s.real_label < 1:
        imports.setdefault("gancourse.methods", set()).add("one_sided")
        return f"one_sided({s.objective!r}, {s.real_label!r})"
    return repr(s.objective)


def _optimizers(s, imports):
    if s.generator_optimizer == s.discriminator_optimizer == "adam":
        return [f"learning_rate=({s.generator_rate!r}, {s.discriminator_rate!r})"]
    lines = []
    for player in ("generator", "discriminator"):
        rate, kind = getattr(s, f"{player}_rate"), getattr(s, f"{player}_optimizer")
        if kind == "adam":
            imports["gancourse.training"].add("adam")
            lines.append(f"{player}_optimizer=adam({rate!r})")
            continue
        call = {
            "adam_zero": "Adam(weights, {}, betas=(0.0, 0.9), fused=True)",
            "rmsprop": "RMSprop(weights, {})",
            "sgd": "SGD(weights, {})",
            "momentum": "SGD(weights, {}, momentum=0.9)",
        }[kind].format(repr(rate))
        lines.append(f"{player}_optimizer=lambda weights: torch.optim.{call}")
    return lines


def _penalty(s, imports):
    if s.penalty == "none" or s.penalty_weight == 0:
        return [], []
    call = {
        "gradient_penalty": "gradient_penalty(critic, real, fake)",
        "zero_centred": "gradient_penalty(critic, real, fake, target=0.0)",
        "r1": "r1(critic, real)",
        "r2": "r2(critic, fake)",
        "r1_and_r2": "(r1(critic, real) + r2(critic, fake))",
        "roth": "roth(critic, real, fake)",
    }[s.penalty]
    names = {"zero_centred": {"gradient_penalty"}, "r1_and_r2": {"r1", "r2"}}.get(s.penalty, {s.penalty})
    imports.setdefault("gancourse.penalties", set()).update(names)
    if s.packing == 1:
        return [], [f"penalty=lambda critic, real, fake: {s.penalty_weight!r} * {call}"]
    imports.setdefault("gancourse.methods", set()).add("on_packs")
    inner = "critic.discriminator" if s.instance_noise else "critic"
    before = [f"penalty = on_packs(lambda critic, real, fake: {call})"]
    return before, [f"penalty=lambda critic, real, fake: {s.penalty_weight!r} * penalty({inner}, real, fake)"]


def _step(s, imports):
    names = {"historical_averaging": "HistoricalAveraging", "veegan": "VEEGAN"}
    name = names.get(s.method, s.method)
    imports.setdefault("gancourse.methods", set()).add(name)
    if s.method == "unrolled":
        ahead = "adam" if s.discriminator_optimizer in ("adam", "adam_zero") else "sgd"
        return f"unrolled(steps={int(s.method_weight)}, optimizer={ahead!r})"
    if s.method == "veegan":
        return f"VEEGAN(reconstructor, learning_rate={s.discriminator_rate!r}, weight={s.method_weight!r})"
    return f"{name}()" if s.method == "feature_matching" else f"{name}(weight={s.method_weight!r})"
