#!/bin/sh
# Sees to LibreOffice (its Calc and Writer), which writes the xls and ods files of the tests. Where it
# may not install it it says so, and those tests say that they were skipped (on CI they fail instead).
set -u
have() { command -v "$1" >/dev/null 2>&1; }

if have soffice; then
  exit 0
fi
if have apt-get && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    libreoffice-calc libreoffice-writer >/dev/null && exit 0
fi
echo "No LibreOffice and no right to install it (apt packages libreoffice-calc," \
  "libreoffice-writer): tests that convert workbooks will be skipped." >&2
[ -z "${CI:-}" ]
