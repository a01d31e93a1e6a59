#!/usr/bin/env bash
# The modules' documentation as one web site, by the DocC that comes with Swift: no package depends on a plugin for it.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
site=$PWD/.build-docs/site
graphs=$PWD/.build-docs/graphs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# `swift package dump-symbol-graph` would also ask the test modules, and fail there.
mkdir -p "$graphs"
"$swift" build --scratch-path .build-docs --target Diagnostics -Xswiftc -emit-symbol-graph \
  -Xswiftc -emit-symbol-graph-dir -Xswiftc "$graphs" -Xswiftc -symbol-graph-minimum-access-level -Xswiftc public
for folder in Sources/*/; do
  module=$(basename "$folder")
  # C modules and the command itself have no public Swift.
  [ -f "$graphs/$module.symbols.json" ] && ls "$folder"*.swift >/dev/null 2>&1 || continue
  mkdir "$work/$module"
  cp "$graphs/$module.symbols.json" "$work/$module"
  cp "$graphs/$module@"*.symbols.json "$work/$module" 2>/dev/null || true
  catalog=("$folder"*.docc)
  [ -d "${catalog[0]}" ] || catalog=()
  docc convert "${catalog[@]}" --additional-symbol-graph-dir "$work/$module" --fallback-display-name "$module" \
    --fallback-bundle-identifier "$module" --output-path "$work/$module.doccarchive" --transform-for-static-hosting
done
rm -rf "$site"
docc merge "$work"/*.doccarchive --output-path "$site"
echo "To read it: python3 -m http.server -d $site, then http://localhost:8000/documentation"
