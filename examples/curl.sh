#!/bin/sh
# A plain and a streamed answer, the models, and an error, with nothing but curl.
#   BASE_URL=http://127.0.0.1:8000/v1 sh examples/curl.sh
set -eu
base=${BASE_URL:-http://127.0.0.1:8000/v1}
key=${API_KEY:-any}

ask() {
  curl -sS -N "$base/chat/completions" -H "authorization: Bearer $key" -H 'content-type: application/json' -d "$1"
  echo
}

echo '== models'
curl -sS --fail-with-body "$base/models" -H "authorization: Bearer $key"
echo
echo '== plain'
ask '{"model":"default","messages":[{"role":"user","content":"Hello from curl"}]}'
echo '== streamed'
ask '{"model":"default","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello again"}]}'
echo '== an error has the shape that OpenAI clients know'
ask '{"model":"no-such-model","messages":[{"role":"user","content":"Hello"}]}'
