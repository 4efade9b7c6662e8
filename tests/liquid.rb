# Renders templates with Shopify's own Liquid engine: one JSON request a line on stdin, one JSON answer a line on stdout.
#
#   {"source": "…", "variables": {…}, "translations": {…}}  →  {"html": "…", "errors": ["…"]}
#
# `t` stands for the filter that Shopify adds in themes; it looks a dotted key up in "translations".
require "json"
require "active_support"
require "active_support/core_ext/object/blank" # Shopify's `blank` and `empty` come from here
require "liquid"

module ThemeFilters
  def t(key)
    @context.registers[:translations].dig(*key.to_s.split(".")) || "translation missing: #{key}"
  end
end

Liquid::Template.register_filter(ThemeFilters)
$stdout.sync = true

$stdin.each_line do |line|
  asked = JSON.parse(line)
  begin
    template = Liquid::Template.parse(asked["source"], error_mode: :strict)
    html = template.render(asked["variables"], registers: { translations: asked["translations"] || {} })
    puts JSON.generate("html" => html, "errors" => template.errors.map(&:message))
  rescue Liquid::Error => error
    puts JSON.generate("html" => "", "errors" => [error.message])
  end
end
