#!/bin/sh
# Installs what the rules need, as `make setup` does, in /opt/deepgalaxy of an image that is built: with 0 for CPUs, with 1
# for one GPU. Containerfile and deepgalaxy.def both run it. What only the installation needs does not stay.
set -eu
export DEBIAN_FRONTEND=noninteractive XDG_CACHE_HOME=/opt/deepgalaxy/cache
apt-get update
apt-get install --yes --no-install-recommends git g++ make
make -C /opt/deepgalaxy setup PYTHON=python3 GPU="$1"
apt-get purge --yes --auto-remove g++ make
apt-get clean
rm -rf /var/lib/apt/lists/*
mountpoint --quiet "$XDG_CACHE_HOME" || rm -rf "$XDG_CACHE_HOME" # one that was mounted is its owner's
dpkg-query --show >/opt/deepgalaxy/debian-packages.txt
