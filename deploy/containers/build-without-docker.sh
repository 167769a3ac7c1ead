#!/bin/sh
# Builds Lotse's image where there is neither Docker nor a registry of images: on local base images of Debian 13, with
# buildah, in a chroot. What comes out is the Containerfile's, as anywhere else.
#
#   build-without-docker.sh build FOLDER [TARGET]   make it, and tell its size; TARGET: lotse (default) or demo
#   build-without-docker.sh mount FOLDER [TARGET]   tell where its file system lies, to run it in a chroot
#   build-without-docker.sh save FOLDER FILE [TARGET]   write it to a tar that `docker load` reads
#   build-without-docker.sh remove FOLDER           remove all of it
#
# FOLDER keeps images and layers. Needs root and Debian's packages buildah and mmdebstrap. Packages come from where this
# machine gets its own: its Debian mirror, and pip.conf, uv.toml, .npmrc and CA certificates as they are set up here.
set -eu

action=${1-help}
[ $# -ge 2 ] || { sed -n '2,13p' "$0" >&2; exit 2; }
folder=$(mkdir -p "$2" && cd "$2" && pwd)
cd "$(dirname "$0")/../.."
export TMPDIR="$folder"

builder() {
    verb=$1
    shift
    buildah --root "$folder/storage" --runroot "$folder/run" "$verb" "$@"
}

# The Debian mirror that this machine itself uses.
mirror() { apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 !~ /-/ { print $1; exit }'; }

# base NAME PACKAGES: a local image of Debian 13 with these packages, if there is none yet.
base() {
    builder inspect --type image "localhost/$1" >/dev/null 2>&1 && return
    echo "making a base image, $1 ..." >&2
    mmdebstrap --quiet --mode=root --variant=essential --include="$2" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook='rm -rf "$1"/var/cache/* "$1"/var/log/*' \
        trixie "$folder/$1.tar" \
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) trixie main"
    container=$(builder from scratch)
    builder add --quiet "$container" "$folder/$1.tar" / >/dev/null
    builder commit --quiet --rm "$container" "localhost/$1" >/dev/null
    rm "$folder/$1.tar"
}

# How this machine reaches its packages, handed to the build as secrets: none of it stays in the image.
secrets() {
    for pair in certificates=/etc/ssl/certs/ca-certificates.crt pip=/etc/pip.conf uv=/etc/uv/uv.toml npm="$HOME/.npmrc"; do
        [ ! -s "${pair#*=}" ] || printf ' --secret id=%s,src=%s' "${pair%%=*}" "${pair#*=}"
    done
}

build() {
    base lotse-base python3,python3-venv,libstdc++6,ca-certificates,tzdata,netbase
    base lotse-node nodejs,npm,ca-certificates
    # --timestamp: the same sources give the same bytes.
    # shellcheck disable=SC2046 - options without blanks
    builder bud --isolation chroot --layers --pull-never --quiet --timestamp 0 $(secrets) --target "$1" \
        --build-arg BASE_IMAGE=localhost/lotse-base --build-arg NODE_IMAGE=localhost/lotse-node \
        --file deploy/containers/Containerfile --tag "localhost/$1" . >&2
    :
}

size() {
    tree=$(mounted "$1")
    printf '%s: %s MB, of these %s MB Debian and Python; %s MB as gzip sends it\n' "$1" \
        "$(megabytes <"$folder/$1.files")" "$(du -s -B1 "$tree" --exclude "$tree/opt" --exclude "$tree/var/cache/lotse" | awk '{ printf "%.0f", $1 / 1e6 }')" \
        "$(tar -C "$tree" -c . | gzip -6 | wc -c | awk '{ printf "%.0f", $1 / 1e6 }')"
}

# The one container that an image has here, mounted.
mounted() {
    builder inspect "$1-tree" >/dev/null 2>&1 || builder from --pull-never --quiet --name "$1-tree" "localhost/$1" >/dev/null
    builder mount "$1-tree"
}

case $action in
    build) build "${3-lotse}" ;;
    mount) mounted "${3-lotse}" ;;
    save) builder push --quiet "localhost/${4-lotse}" "docker-archive:$(realpath -m "$3"):${4-lotse}" ;;
    remove) builder rm --all >/dev/null; builder rmi --all --force >/dev/null; rm -rf "$folder" ;;
    *) sed -n '2,13p' "$0" >&2; exit 2 ;;
esac
