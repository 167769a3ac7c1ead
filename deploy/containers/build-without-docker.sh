#!/bin/sh
# Builds Lotse's image where there is neither Docker nor a registry of images: on local base images of Debian 13, with
# buildah, in a chroot. What comes out is the Containerfile's, as anywhere else.
#
#   build-without-docker.sh build FOLDER        make the image localhost/lotse
#   build-without-docker.sh size FOLDER         tell how large it is
#   build-without-docker.sh mount FOLDER        tell where its file system lies, to run it in a chroot
#   build-without-docker.sh environment FOLDER  tell with which environment
#   build-without-docker.sh save FOLDER FILE    write it to a tar that `docker load` reads
#   build-without-docker.sh remove FOLDER       remove all of it
#
# FOLDER keeps images and layers. Needs root and Debian's packages buildah and mmdebstrap. Packages come from where this
# machine gets its own: its Debian mirror, and pip.conf, uv.toml, .npmrc and CA certificates as they are set up here.
set -eu

action=${1-help}
[ $# -ge 2 ] || { sed -n '2,15p' "$0" >&2; exit 2; }
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
    base lotse-base python3,libstdc++6,ca-certificates,tzdata,netbase
    base lotse-build python3,python3-venv,binutils,nodejs,npm,ca-certificates
    # --timestamp: layers do not differ in the dates of their files.
    # shellcheck disable=SC2046 - options without blanks
    builder bud --isolation chroot --layers --pull-never --quiet --timestamp 0 $(secrets) --file deploy/containers/Containerfile \
        --build-arg BASE_IMAGE=localhost/lotse-base --build-arg BUILD_IMAGE=localhost/lotse-build \
        --build-arg NODE_IMAGE=localhost/lotse-build --tag localhost/lotse . >&2
    container=$(builder containers --quiet --filter name=lotse-tree)
    [ -z "$container" ] || builder rm lotse-tree >/dev/null
}

megabytes() { awk '{ printf "%.0f MB", $1 / 1e6 }'; }

size() {
    tree=$(mounted)
    printf 'image        %s\n' "$(du -s --apparent-size -B1 "$tree" | megabytes)"
    printf '  gzipped    %s\n' "$(tar -C "$tree" -c . | gzip -6 | wc -c | megabytes)"
    printf '  Python and Debian  %s\n' "$(du -s --apparent-size -B1 --exclude "$tree/opt" --exclude "$tree/var/cache" "$tree" | megabytes)"
    printf '  compiled kernels   %s\n' "$(du -s --apparent-size -B1 "$tree/var/cache" | megabytes)"
}

# The image's file system, as one container of it has it.
mounted() {
    [ -n "$(builder containers --quiet --filter name=lotse-tree)" ] ||
        builder from --pull-never --quiet --name lotse-tree localhost/lotse >/dev/null
    builder mount lotse-tree
}

case $action in
    build) build ;;
    size) size ;;
    mount) mounted ;;
    environment) builder inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' localhost/lotse ;;
    save) builder push --quiet localhost/lotse "docker-archive:$(realpath -m "$3"):lotse" ;;
    remove) builder rm --all >/dev/null; builder rmi --all --force >/dev/null; rm -rf "$folder" ;;
    *) sed -n '2,15p' "$0" >&2; exit 2 ;;
esac
