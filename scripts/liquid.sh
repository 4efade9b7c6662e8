#!/bin/sh
# Shopify's own Liquid engine, a Ruby library, with the part of Rails that Shopify uses beside it.
set -eu
ruby -e 'require "active_support"; require "liquid"' 2>/dev/null && exit 0
"$(dirname "$0")/debian_packages.sh" "Shopify's Liquid engine for the template tests" ruby-liquid ruby-activesupport
