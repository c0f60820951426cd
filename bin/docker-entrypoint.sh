#!/bin/sh
# As the entry point of Envoy's image: arguments alone are envoy's, anything else is a command of its own.
case ${1:--} in
  -*) set -- envoy "$@" ;;
esac
exec "$@"
