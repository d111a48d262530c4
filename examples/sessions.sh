#!/bin/sh
# A conversation that lives on the server, with nothing but curl: each request sends only what is new.
#   BASE_URL=http://127.0.0.1:8000/v1 sh examples/sessions.sh
set -eu
base=${BASE_URL:-http://127.0.0.1:8000/v1}
key=${API_KEY:-any}
session="shell-$$"

say() {
  curl -sS --fail-with-body "$base/chat/completions" -H "authorization: Bearer $key" -H 'content-type: application/json' \
    -d "{\"model\":\"default\",\"session_id\":\"$session\",\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]}"
  echo
}

say 'My name is Ann. Please remember it.'
say 'What is my name?'
echo '== what is kept'
curl -sS --fail-with-body "$base/sessions/$session" -H "authorization: Bearer $key"
echo
curl -sS --fail-with-body -X DELETE "$base/sessions/$session" -H "authorization: Bearer $key"
echo
