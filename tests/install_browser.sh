#!/bin/sh
# Sees to a Chromium and a Chinese font for the browser tests. Where it may not install them it
# says so, and those tests say that they were skipped (on CI they fail instead).
set -u
have() { command -v "$1" >/dev/null 2>&1; }
font() { have fc-list && fc-list :lang=zh | grep -q .; }

if have chromium && font; then
  exit 0
fi
if have apt-get && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    chromium fonts-wqy-microhei fontconfig >/dev/null && exit 0
fi
echo "No Chromium or no Chinese font, and no right to install them (apt packages chromium," \
  "fonts-wqy-microhei): tests that open a map will be skipped." >&2
[ -z "${CI:-}" ]
