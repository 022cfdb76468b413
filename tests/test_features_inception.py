"""The Inception network: how its weights are found and fetched, what is said when not, what it computes.

torch-fidelity is not among the tests' requirements: with it installed and no torchvision that fits,
torchmetrics cannot be imported. So a small package of its name and interface stands in, its ``__init__``
failing as the real one does. The last tests want the real one and are skipped without it
(`pip install --no-deps torch-fidelity`).
"""

import hashlib
import http.server
import importlib.util
import inspect
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from gancourse import _sources, features
from gancourse.data import DataError, to_pixels
from gancourse.features import classify, extract, from_pixels
from gancourse.models import inception

PUBLISHED = inception.URLS[0] + inception.FILE
STAND_IN = """
import torch
from torch import nn


class FeatureExtractorInceptionV3(nn.Module):
    def __init__(self, name, features_list, feature_extractor_weights_path=None):
        super().__init__()
        assert features_list == ["2048", "logits_unbiased"]
        self.first, self.fc = nn.Linear(3, 2048), nn.Linear(2048, 1008)
        self.load_state_dict(torch.load(feature_extractor_weights_path, weights_only=True))

    def forward(self, x):
        assert x.dtype == torch.uint8 and x.ndim == 4 and x.shape[1] == 3
        pooled = self.first(x.float().mean((2, 3)) / 255).relu()
        return pooled, pooled @ self.fc.weight.T
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Empty places to look in, addresses that refuse, and nothing kept from one test to the next."""
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setattr(_sources, "REPOSITORY_DATA", tmp_path / "repository")
    for module in (_sources, inception):
        monkeypatch.setattr(module, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(inception, "URLS", ("http://127.0.0.1:9/inception/",))
    features._load.cache_clear()
    yield
    features._load.cache_clear()


@pytest.fixture
def forget():
    """Modules of torch_fidelity are imported anew, before and after."""

    def clear():
        for name in [name for name in sys.modules if name.split(".")[0] == "torch_fidelity"]:
            del sys.modules[name]

    clear()
    yield
    clear()


@pytest.fixture
def installed(tmp_path, monkeypatch, forget):
    """The stand-in for torch-fidelity, whose package cannot be imported as a whole."""
    package = tmp_path / "site" / "torch_fidelity"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")\n')
    (package / "feature_extractor_inceptionv3.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of the stand-in, published with their checksum; their Path, in no place that is looked at."""
    path = tmp_path / "published" / inception.FILE
    path.parent.mkdir()
    torch.manual_seed(3)
    state = {}
    for name, layer in (("first", torch.nn.Linear(3, 2048)), ("fc", torch.nn.Linear(2048, 1008))):
        state |= {f"{name}.{key}": tensor for key, tensor in layer.state_dict().items()}
    torch.save(state, path)
    monkeypatch.setattr(inception, "SUM", f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    return path


@pytest.fixture
def server(weights, monkeypatch):
    """A publisher on this machine; ``.served`` is what it gives, ``.asked`` how often it was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            httpd.asked += 1
            if self.path != f"/inception/{inception.FILE}" or httpd.served is None:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(httpd.served)))
            self.end_headers()
            self.wfile.write(httpd.served)

        def log_message(self, *_):
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked, httpd.served = 0, weights.read_bytes()
    monkeypatch.setattr(inception, "URLS", (f"http://127.0.0.1:{httpd.server_port}/inception/",))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def put(path, place):
    place.mkdir(parents=True, exist_ok=True)
    (place / path.name).write_bytes(path.read_bytes())
    return place / path.name


# The published file


def test_the_checksum_is_the_published_one():
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", inception.SUM)
    assert inception.SUM.split(":")[1].startswith(inception.FILE[:-4].rsplit("-", 1)[1])


def test_weights_are_downloaded_once_into_the_cache(installed, server, tmp_path, rng):
    images = rng.uniform(-1, 1, (3, 3, 20, 24))
    assert extract(images, "inception").shape == (3, 2048)
    assert (tmp_path / "cache" / "inception" / inception.FILE).read_bytes() == server.served
    features._load.cache_clear()
    extract(images, "inception")
    assert server.asked == 1


@pytest.mark.parametrize("place", ["GANCOURSE_DATA", "repository", "cache", "hub"])
def test_weights_at_hand_are_not_downloaded(place, installed, weights, tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "GANCOURSE_DATA"))
    there = put(weights, tmp_path / place / ("checkpoints" if place == "hub" else "inception"))
    assert inception.weights_file() == there
    assert extract(np.zeros((2, 3, 8, 8)), "inception").shape == (2, 2048)


def test_offline_names_address_file_and_remedy(installed, tmp_path):
    with pytest.raises(DataError) as raised:
        extract(np.zeros((2, 3, 8, 8)), "inception")
    said = str(raised.value)
    assert "no connection" in said and f"http://127.0.0.1:9/inception/{inception.FILE}" in said
    assert f"put it into {tmp_path / 'cache' / 'inception'}" in said and "try again with a network" in said
    assert not (tmp_path / "cache" / "inception" / inception.FILE).exists()


def test_what_comes_damaged_is_not_kept(installed, server, tmp_path):
    server.served = server.served[:-1] + b"!"
    with pytest.raises(DataError, match="wrong checksum"):
        extract(np.zeros((2, 3, 8, 8)), "inception")
    assert list((tmp_path / "cache" / "inception").iterdir()) == []


def test_a_damaged_file_at_hand_is_named_and_never_loaded(installed, server, weights, tmp_path):
    there = put(weights, tmp_path / "cache" / "inception")
    there.write_bytes(b"not weights")
    with pytest.raises(DataError, match=rf"{re.escape(str(there))}: damaged .*delete it"):
        extract(np.zeros((2, 3, 8, 8)), "inception")
    assert server.asked == 0


def test_without_torch_fidelity_the_error_says_what_to_install(weights, tmp_path, monkeypatch, forget):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ValueError, match=r'torch-fidelity.*pip install "gancourse\[inception\]"'):
        extract(np.zeros((2, 3, 8, 8)), "inception")


def test_a_failure_is_not_kept(installed, weights, tmp_path):
    with pytest.raises(DataError):
        extract(np.zeros((2, 3, 8, 8)), "inception")
    put(weights, tmp_path / "cache" / "inception")
    assert extract(np.zeros((2, 3, 8, 8)), "inception").shape == (2, 2048)


def test_the_package_is_not_left_half_imported(installed, weights, tmp_path):
    put(weights, tmp_path / "cache" / "inception")
    extract(np.zeros((2, 3, 8, 8)), "inception")
    assert "torch_fidelity" not in sys.modules
    with pytest.raises(RuntimeError, match="torchvision"):
        import torch_fidelity  # noqa: F401


# What goes through the network


@pytest.fixture
def ready(installed, weights, tmp_path):
    put(weights, tmp_path / "cache" / "inception")


def test_images_become_pixels_as_if_they_had_been_saved(ready, rng):
    images = rng.uniform(-1, 1, (6, 3, 9, 7)).astype(np.float32)
    saved = to_pixels(images)
    found, probabilities = from_pixels(saved, "inception")
    assert np.array_equal(extract(images, "inception"), found)
    network = features._load("inception", features.CHECKPOINTS).extractor
    pooled, logits = network(torch.from_numpy(saved))
    assert np.allclose(found, pooled.numpy(), atol=1e-5)
    expected = np.exp(logits.double().numpy())
    expected /= expected.sum(1, keepdims=True)
    assert np.allclose(classify(images, "inception"), expected, atol=1e-7)
    assert np.allclose(probabilities, expected, atol=1e-7)
    assert expected.shape == (6, 1008) and not np.allclose(expected, expected[0], atol=1e-6)


def test_the_logits_leave_out_their_bias(ready):
    network = features._load("inception", features.CHECKPOINTS)
    images = torch.zeros(2, 3, 8, 8)
    before = network(images)
    network.extractor.fc.bias.fill_(100.0)
    assert torch.equal(network(images), before)


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 32), (40, 24)])
def test_images_of_any_size_are_taken(ready, size):
    assert extract(np.zeros((2, 3, *size)), "inception").shape == (2, 2048)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_constant_images_are_let_through(ready, value):
    assert np.isfinite(extract(np.full((2, 3, 8, 8), value), "inception")).all()


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (2, 4, 8, 8), (3, 8, 8), (0, 3, 8, 8), (2, 3, 0, 8)])
def test_other_shapes_are_named(ready, shape):
    with pytest.raises(ValueError, match=r"^images: expected floats in \[-1, 1\] .*\(n, 3, height, width\)"):
        extract(np.zeros(shape), "inception")
    with pytest.raises(ValueError, match=r"shape \(n, 3, height, width\)"):
        inception.Inception(None)(torch.zeros(shape[1:]))


# The real one

real = pytest.mark.skipif(not importlib.util.find_spec("torch_fidelity"), reason="torch-fidelity is missing")


@pytest.fixture
def random_weights(tmp_path, monkeypatch, forget):
    """The real network with random weights, saved as the published file is; its module."""
    module = inception._torch_fidelity()
    extractor = module.FeatureExtractorInceptionV3
    torch.manual_seed(0)
    with monkeypatch.context() as patched:
        patched.setattr(module, "load_state_dict_from_url", lambda *_, **__: {})
        patched.setattr(extractor, "load_state_dict", lambda *_: None)
        state = extractor("any", ["2048"]).state_dict()
    path = tmp_path / "cache" / "inception" / inception.FILE
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    monkeypatch.setattr(inception, "SUM", f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    return module, path


@real
def test_the_real_network_gives_what_torch_fidelity_gives(random_weights, rng):
    module, path = random_weights
    images = rng.uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)
    network = module.FeatureExtractorInceptionV3(
        "x", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(path)
    )
    pooled, logits = network.eval()(torch.from_numpy(to_pixels(images)))
    found = extract(images, "inception")
    assert found.shape == (4, 2048) and found.min() >= 0
    assert np.allclose(found, pooled.numpy(), rtol=1e-4, atol=1e-5 * found.max())
    assert np.allclose(classify(images, "inception"), logits.double().softmax(1).numpy(), atol=1e-6)
    assert np.allclose(
        from_pixels(to_pixels(images), "inception")[0], found, rtol=1e-4, atol=1e-5 * found.max()
    )


@real
def test_the_real_constructor_takes_what_is_given_to_it(random_weights):
    module, _ = random_weights
    assert module.URL_INCEPTION_V3 == PUBLISHED
    parameters = inspect.signature(module.FeatureExtractorInceptionV3.__init__).parameters
    assert "feature_extractor_weights_path" in parameters


@real
def test_torchvision_is_not_needed():
    code = (
        "import sys\nsys.modules['torchvision'] = None\nfrom gancourse.models import inception\n"
        "inception._torch_fidelity().FeatureExtractorInceptionV3\nassert 'torch_fidelity' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
