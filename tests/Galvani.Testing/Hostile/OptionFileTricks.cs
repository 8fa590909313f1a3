using System.Text;

namespace Galvani.Testing.Hostile;

/// <summary>YAML files of options that use what YAML has and option files do without, or that are no YAML. Those without an error are odd and read as what they are.</summary>
internal static class OptionFileTricks
{
    public static IEnumerable<Trick> All() =>
    [
        Yaml("aliases-bomb", "has the anchor &a", "a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range('b', 20).Select(name => $"{(char)name}: &{(char)name} [{string.Join(", ", Enumerable.Repeat($"*{(char)(name - 1)}", 9))}]\n"))),
        Yaml("alias-of-itself", "has the anchor &x", "beam_size: &x [*x]\n"),
        Yaml("alias-of-nothing", "line 1", "beam_size: *x\n"),
        Yaml("merge-key", "has a mapping as the value of <<", "<<: {beam_size: 5}\n"),
        Yaml("lists-30000-deep", "line 1", "beam_size: " + new string('[', 30_000)),
        Yaml("mappings-30000-deep", "line 1", "beam_size: " + new string('{', 30_000)),
        Yaml("blocks-300-deep", "has a mapping as the value of a", string.Concat(Enumerable.Range(0, 300).Select(depth => new string(' ', depth) + "a:\n"))),
        Yaml("questions-20000-deep", "line 1", string.Concat(Enumerable.Repeat("? ", 20_000)) + "a"),
        Yaml("scalar-of-60-kilobytes", null, "src_prefix: " + new string('x', 60_000)),
        Yaml("scalar-of-60-kilobytes-of-escapes", null, "src_prefix: \"" + string.Concat(Enumerable.Repeat("\\U0010FFFF", 6_000)) + "\""),
        Yaml("scalar-folded-over-20000-lines", null, "src_prefix: >\n" + string.Concat(Enumerable.Repeat("  x\n", 15_000))),
        Yaml("file-of-70-kilobytes", "at most 65536", new string('#', 70_000)),
        Yaml("tag-of-python", "has the tag", "beam_size: !!python/object/apply:os.system [true]\n"),
        Yaml("tag-of-binary", "has the tag", "src_prefix: !!binary aGVsbG8=\n"),
        Yaml("tag-of-its-own", "has the tag", "%TAG ! tag:example.org,2000:\n---\nbeam_size: !x 5\n"),
        Yaml("key-twice", "gives beam_size again, first in line 1", "beam_size: 5\nn_best: 1\nbeam_size: 500\n"),
        Yaml("key-that-is-a-list", "where the name of an option is expected", "? [beam_size]\n: 5\n"),
        Yaml("key-of-2000-characters", "begins with a scalar", new string('k', 2_000) + ": 1\n"),
        Yaml("tab-for-indentation", "not valid YAML", "transforms:\n\t- bpe\n"),
        Yaml("document-behind-the-document", "has a second document", "beam_size: 5\n---\nbeam_size: 500\n"),
        Yaml("version-of-the-future", "not valid YAML", "%YAML 9.9\n---\nbeam_size: 5\n"),
        Yaml("quote-never-closed", "not valid YAML", "src_prefix: 'x\n"),
        Yaml("nul-in-a-value", "not valid YAML", "src_prefix: a\0b\n"),
        new("options/bytes-of-a-zip.yaml", new ZipBuilder().Add("a", new byte[64]).Build(), "not valid YAML"),
        new("options/bytes-of-all-values.yaml", [.. Enumerable.Range(0, 256).Select(value => (byte)value)], "not valid YAML"),
        new("options/not-utf8.yaml", [.. "src_prefix: "u8, 0xC3, 0x28, (byte)'\n'], "not valid YAML"),
        new("options/utf16.yaml", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("beam_size: 5\n")]),
    ];

    private static Trick Yaml(string name, string? error, string text) => new($"options/{name}.yaml", Encoding.UTF8.GetBytes(text), error);
}
