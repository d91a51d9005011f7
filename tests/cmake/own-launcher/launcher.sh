#!/bin/sh
echo launched >>"$(dirname "$0")/launched"
exec "$@"
