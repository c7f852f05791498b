#!/bin/sh
# The site of docs/, in .build/site: make docs. Fails if a link or an anchor leads nowhere.
set -eu
cd "$(dirname "$0")/.."
. scripts/needs.sh
need python
need_all
writable
python=$(sh interop/python/env.sh --find | tail -n 1 | cut -d ' ' -f 2-)
stamp=$(cksum <scripts/docs-requirements.txt)
if [ "$(cat .build/docs-venv/stamp 2>/dev/null)" != "$stamp" ]; then
	echo 'docs: installing mkdocs'
	rm -rf .build/docs-venv
	"$python" -m venv .build/docs-venv
	.build/docs-venv/bin/python -m pip install -q --disable-pip-version-check -r scripts/docs-requirements.txt
	echo "$stamp" >.build/docs-venv/stamp
fi
NO_MKDOCS_2_WARNING=1 .build/docs-venv/bin/python -m mkdocs build -q --strict -d .build/site
# Whatever a browser would fetch from elsewhere. Links are followed by readers only.
if grep -rhoE --include='*.html' '<(script|img|iframe|link)[^>]* (src|href)="?https?://[^" >]*' .build/site | grep -v 'rel="\?canonical' | grep .; then
	echo 'docs: the site loads something from elsewhere' >&2
	exit 1
fi
echo 'docs: .build/site/index.html'
