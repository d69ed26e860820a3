#!/bin/sh
# Prints an access token of whoever approves this device in a browser (OAuth device grant with PKCE).
#   sh deploy/keycloak/token.sh [issuer] > token
set -eu

issuer=${1:-${TAWASUL_OIDC_ISSUER:-http://keycloak.localhost:8081/realms/tawasul}}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
base64url() { base64 | tr -d '=\n' | tr '+/' '-_'; }

verifier=$(head -c 48 /dev/urandom | base64url)
challenge=$(printf '%s' "$verifier" | openssl dgst -sha256 -binary | base64url)

device=$(curl -sS "$issuer/protocol/openid-connect/auth/device" -d client_id=tawasul -d "scope=openid profile email" \
    -d "code_challenge=$challenge" -d code_challenge_method=S256)
code=$(echo "$device" | field device_code)
[ -n "$code" ] || { echo "no device code from $issuer: $device" >&2; exit 1; }
echo "sign in at $(echo "$device" | field verification_uri_complete)" >&2

while :; do
    answer=$(curl -sS "$issuer/protocol/openid-connect/token" -d client_id=tawasul -d "device_code=$code" \
        -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d "code_verifier=$verifier")
    token=$(echo "$answer" | field access_token)
    [ -z "$token" ] || break
    case $(echo "$answer" | field error) in
        authorization_pending | slow_down) sleep 5 ;;
        *) echo "no token: $answer" >&2; exit 1 ;;
    esac
done
printf '%s\n' "$token"
