# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
# Sources as Doxygen wants them: comments of headers belong to the declaration below them, or to the one that they stand
# behind; formulas of pages are between \f$ and \f$.
FILENAME ~ /\.md$/ {
  if ($0 !~ /^    /) gsub(/\$/, "\\f$")
  print
  next
}
/SPDX-License-Identifier/ { next }
{
  at = match($0, /\/\/|\/\*/)
  if (at || inside) {
    code = at ? substr($0, 1, at - 1) : ""
    text = at ? substr($0, at + 2) : $0
    if (at) {
      block = substr($0, at, 2) == "/*"
      behind = code ~ /[^ ]/
    }
    gsub(/</, "\\<", text)
    gsub(/>/, "\\>", text)
    if (!at) $0 = text
    else if (block) $0 = code (behind ? "/**<" : "/**") text
    else $0 = code (behind ? "///<" : "//!") text
    inside = block && text !~ /\*\//
  }
  print
}
