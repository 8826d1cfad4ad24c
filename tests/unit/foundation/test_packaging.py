import importlib.metadata
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_no_other_distribution_claims_our_names() -> None:
    claims = importlib.metadata.packages_distributions()
    others = {
        name: set(claims.get(name, [])) - {"newsbeam"}
        for name in OURS
        if set(claims.get(name, [])) - {"newsbeam"}
    }
    assert others == {}


def test_the_lock_pins_every_direct_dependency() -> None:
    locked = {
        line.split("==")[0]
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    }
    wanted = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted += extra
    wanted += PROJECT["dependency-groups"]["test"]
    wanted += [d for d in PROJECT["dependency-groups"]["lint"] if isinstance(d, str)]
    for requirement in wanted:
        name = requirement.split(";")[0]
        for mark in "<>=! ":
            name = name.split(mark)[0]
        assert name.lower().replace(".", "-") in locked, f"{requirement}: run `make lock`"


def test_torch_is_pinned_without_a_build_so_that_cpu_and_cuda_both_fit() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert "torch==2.13.0" in lines


def test_every_folder_of_the_wheel_is_a_package() -> None:
    for name in OURS:
        assert (ROOT / name / "__init__.py").is_file()


def test_set_up_compiles_every_package_as_pip_does() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    named = next(line for line in make if line.startswith("PACKAGES :="))
    assert set(named.removeprefix("PACKAGES :=").split()) == OURS
    assert any("compileall" in line and "$(PACKAGES)" in line for line in make)
