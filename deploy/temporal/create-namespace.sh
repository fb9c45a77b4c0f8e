#!/bin/sh
# Makes the namespace that TEMPORAL_NAMESPACE names, unless it is there, and waits until it can be used.
set -eu

temporal operator namespace describe "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 \
  || temporal operator namespace create --retention 30d "$TEMPORAL_NAMESPACE"
until temporal workflow count > /dev/null 2>&1; do sleep 1; done
