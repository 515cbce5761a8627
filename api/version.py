"""The version of this distribution, as told by `depot --version`, `planMeta` and the API description."""

VERSION = "0.1.0"
