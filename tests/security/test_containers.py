"""S25, S26: what docker-compose.yml and the Dockerfile promise, read from the files themselves."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
GPU: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.gpu.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BOT, OLLAMA, MODELS = SERVICES["bot"], SERVICES["ollama"], SERVICES["models"]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8"))
STEPS = [
    (words[0], words[1])
    for line in DOCKERFILE.splitlines()
    if line and not line.startswith("#") and (words := line.split(" ", 1))
]
SETTING = re.compile(r"^#? ?([A-Z_]+)=", re.MULTILINE)


def steps(keyword: str) -> list[str]:
    """Return the arguments of each Dockerfile step of this kind, in order."""
    return [rest for name, rest in STEPS if name == keyword]


@pytest.mark.parametrize("name", SERVICES)
def test_s25_no_service_may_gain_rights_or_grow_without_bound(name: str) -> None:
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["pids_limit"]) > 0
    assert service["mem_limit"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert "network_mode" not in service
    assert "docker.sock" not in str(service)


def test_s25_the_bot_runs_without_root_on_a_read_only_disk_with_no_capability() -> None:
    assert BOT["user"].split(":")[0] not in ("0", "root")
    assert BOT["read_only"] is True
    assert BOT["tmpfs"] == ["/tmp"]  # noqa: S108  the container's own
    assert BOT["cap_drop"] == ["ALL"]
    assert BOT["volumes"] == ["data:/data"]
    assert BOT["environment"]["DATA_DIR"] == "/data"


def test_s25_the_bots_health_is_its_liveness_alone() -> None:
    """By Python, which the image has; a missing Ollama never restarts the bot."""
    assert BOT["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]
    assert "127.0.0.1:8080/livez" in BOT["healthcheck"]["test"][3]
    assert BOT["environment"]["HEALTH_PORT"] == "8080"
    (check,) = steps("HEALTHCHECK")
    assert "127.0.0.1:8080/livez" in check
    assert int(re.sub(r"\D", "", BOT["stop_grace_period"])) > 10


@pytest.mark.parametrize("name", SERVICES)
def test_s26_no_port_is_published(name: str) -> None:
    assert "ports" not in SERVICES[name]


def test_s26_ollama_is_pinned_and_sends_nothing_to_a_cloud() -> None:
    tag = re.fullmatch(r"ollama/ollama:0\.(\d+)\.\d+", OLLAMA["image"])
    assert tag is not None
    assert int(tag[1]) >= 30  # older ones hold known holes
    assert MODELS["image"] == OLLAMA["image"]
    assert OLLAMA["environment"]["OLLAMA_NO_CLOUD"] == "1"
    assert BOT["environment"]["OLLAMA_HOST"] == "http://ollama:11434"
    # Its image holds neither curl nor wget.
    assert OLLAMA["healthcheck"]["test"] == ["CMD", "ollama", "list"]


def test_the_models_are_pulled_once_and_only_when_they_are_missing(tmp_path: Path) -> None:
    """The shell line is run here with an `ollama` of our own."""
    assert MODELS["restart"] == "no"
    assert MODELS["depends_on"]["ollama"]["condition"] == "service_healthy"
    *shell, script = MODELS["entrypoint"]
    calls = tmp_path / "calls"
    fake = tmp_path / "ollama"
    fake.write_text(
        f'#!/bin/sh\necho "$@" >> {calls}\n[ "$1 $2" != "show b:1" ] && [ "$2" != bad:1 ]\n',
        "utf-8",
    )
    fake.chmod(0o755)

    def pulled(models: str) -> tuple[int, list[str]]:
        calls.unlink(missing_ok=True)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "MODELS": models}
        command = [*shell, script.replace("$$", "$")]
        done = subprocess.run(command, env=environment, check=False, timeout=20)  # noqa: S603  our own line
        return done.returncode, calls.read_text("utf-8").splitlines()

    assert pulled("a:1 b:1@http://gpu:11434") == (0, ["show a:1", "show b:1", "pull b:1"])
    assert pulled("bad:1 a:1") == (1, ["show bad:1", "pull bad:1"])


def test_the_bot_does_not_wait_for_the_model_but_asks_for_the_token() -> None:
    assert BOT["depends_on"] == {"ollama": {"condition": "service_started"}}
    assert BOT["environment"]["DISCORD_TOKEN"].startswith("${DISCORD_TOKEN:?")


def test_the_gpu_stands_in_a_file_of_its_own() -> None:
    assert "nvidia" not in str(COMPOSE)
    (device,) = GPU["services"]["ollama"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def test_the_image_is_built_on_one_slim_python_of_an_exact_version() -> None:
    images = {image.split()[0] for image in steps("FROM")}
    (image,) = images
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", image)


def test_s22_the_image_takes_torchs_cpu_build_first_and_all_else_by_hash() -> None:
    torch, locked = [step for step in steps("RUN") if "pip install" in step]
    assert "--index-url https://download.pytorch.org/whl/cpu" in torch
    assert "grep -o 'torch==[0-9.]*' pyproject.toml" in torch
    assert "--require-hashes" in locked
    assert "-r requirements.lock" in locked


def test_s23_s25_the_image_ends_as_a_user_without_rights_and_offline() -> None:
    (user,) = steps("USER")
    assert user not in ("0", "root")
    assert BOT["user"].split(":")[0] == user
    assert "HF_HUB_OFFLINE=1" in " ".join(steps("ENV"))
    assert steps("ENTRYPOINT") == ['["python", "-m", "bot"]']


def test_the_image_holds_every_folder_of_the_program_and_no_secret() -> None:
    """The builder is sent nothing but what is named."""
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in ignore if line and not line.startswith("#")]
    assert rules[0] == "*"
    sent = {line[1:] for line in rules if line.startswith("!")}
    own = [rest.split()[:-1] for rest in steps("COPY") if not rest.startswith("--from")]
    assert {name for names in own for name in names} == sent
    assert sent >= {"bot", "cogs", "knowledge", "prompts"}
    assert "**/.env*" in rules


def test_the_example_of_settings_names_every_setting() -> None:
    from bot.settings import Settings  # noqa: PLC0415  only this test reads it

    named = set(SETTING.findall((ROOT / ".env.example").read_text("utf-8")))
    only_tests = {"DISCORD_API_BASE", "DISCORD_GATEWAY_URL"}
    settings = {name.upper() for name in Settings.model_fields} - only_tests
    assert settings <= named
    compose_alone = {"MODELS", "OLLAMA_MEMORY", "EXTRAS"}
    assert named == settings | compose_alone


def test_the_readme_has_a_row_for_every_setting() -> None:
    from bot.settings import Settings  # noqa: PLC0415  as above

    told = (ROOT / "README.md").read_text("utf-8")
    only_tests = {"DISCORD_API_BASE", "DISCORD_GATEWAY_URL"}
    settings = {name.upper() for name in Settings.model_fields} - only_tests
    assert not {name for name in settings if f"| `{name}` |" not in told}


def test_docker_compose_itself_reads_the_files(record_property: Any) -> None:
    """Where there is a `docker compose`; without one the test says that it saw nothing."""
    docker = shutil.which("docker")
    here = (
        docker
        and not subprocess.run(  # noqa: S603  a fixed command
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    )
    if not docker or not here:
        record_property("docker compose", "not run")
        pytest.skip("not run: there is no `docker compose` on this machine")
    files = ["-f", "docker-compose.yml", "-f", "docker-compose.gpu.yml"]
    done = subprocess.run(  # noqa: S603  a fixed command
        [docker, "compose", *files, "config", "--quiet"],
        env={"DISCORD_TOKEN": "x", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
