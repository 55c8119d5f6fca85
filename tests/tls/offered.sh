#!/usr/bin/env bash
# Tries what openssl has on HOST:PORT and says what the server takes: exit 1 where that is a version below TLS 1.2,
# or a cipher suite without forward secrecy or authenticated encryption. In the manner of testssl.sh, without it.
set -u

address=${1:?usage: offered.sh HOST:PORT}
found=0
command -v openssl > /dev/null || { echo 'openssl is not installed: nothing was tried'; exit 0; }

try() { # OPTION... : connects; prints what openssl says
    openssl s_client -connect "$address" -servername localhost "$@" < /dev/null 2>&1
}

taken() { # OPTION... : whether the handshake succeeded
    try "$@" | grep -qE 'Cipher is [A-Z]'
}

# Without these the refusals below would prove nothing.
for version in tls1_2 tls1_3; do
    taken "-$version" || { echo "$version is not taken"; found=1; }
done

for version in ssl3 tls1 tls1_1; do
    answer=$(try "-$version" -cipher 'ALL:@SECLEVEL=0')
    case $answer in
    *'Cipher is (NONE)'* | *'nknown option'*) ;;
    *) echo "$version is taken"; found=1 ;;
    esac
    # The refusal must be the server's: an alert, not openssl's own unwillingness.
    if [ "$version" != ssl3 ] && ! grep -q 'SSL alert number' <<< "$answer"; then
        echo "$version was not tried: $answer"
        found=1
    fi
done

# All that openssl can do with TLS 1.2 beyond forward secrecy with GCM or ChaCha20, in one offer and one by one.
weak='ALL:COMPLEMENTOFALL:!ECDHE+AESGCM:!ECDHE+CHACHA20:@SECLEVEL=0'
suites=$(openssl ciphers -tls1_2 -s "$weak" 2> /dev/null | tr ':' '\n' | grep -v '^TLS_')
[ "$(wc -l <<< "$suites")" -gt 10 ] || { echo "openssl offers no weak suites to try: $suites"; found=1; }
taken -tls1_2 -cipher "$weak" && { echo 'a weak cipher suite is taken'; found=1; }
while read -r suite; do
    taken -tls1_2 -cipher "$suite:@SECLEVEL=0" && { echo "$suite is taken"; found=1; }
done <<< "$suites"

# No compression, no renegotiation by the client.
answer=$(try -tls1_2)
grep -q 'Compression: NONE' <<< "$answer" || { echo 'TLS compression is on'; found=1; }
grep -q 'Secure Renegotiation IS supported' <<< "$answer" || { echo 'renegotiation is not secured'; found=1; }

[ "$found" -eq 0 ] && echo 'offered: TLS 1.2 and 1.3, nothing weak'
exit "$found"
