# cmake -D FOLDER=... -D FILES=a;b -D OUTPUT=x.cc -P plugin_template.cmake: the texts of these files
# of the folder as C++, for core/cli/plugin_template.h.
set(code "#include \"core/cli/plugin_template.h\"\n\nnamespace stagerun {\nnamespace {\n\n")
string(APPEND code "constexpr TemplateFile kFiles[] = {\n")
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} text)
  string(APPEND code "{\"${file}\", R\"template(${text})template\"},\n")
endforeach()
string(APPEND code "};\n\n}  // namespace\n\n")
string(APPEND code "std::span<const TemplateFile> plugin_template() { return kFiles; }\n\n")
string(APPEND code "}  // namespace stagerun\n")
file(WRITE ${OUTPUT} "${code}")
