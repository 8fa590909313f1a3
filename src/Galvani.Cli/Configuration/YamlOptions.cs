// The part of YAML that option files use: one mapping of names to scalars or to lists of scalars. Read from the parser's events, so that nothing is built by reflection.
// Refused: aliases and anchors, tags, nested mappings, several documents, names given twice.
using System.Text;
using Galvani.Cli.Hosting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Galvani.Cli.Configuration;

/// <summary>An option of a file.</summary>
/// <param name="Name">As written.</param>
/// <param name="Line">1-based.</param>
/// <param name="Values">The scalars; empty where the value is empty or null.</param>
internal sealed record YamlOption(string Name, long Line, IReadOnlyList<string> Values);

/// <summary>Reads option files.</summary>
internal static class YamlOptions
{
    private const int LargestBytes = 1 << 16;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandException">It is missing, too large, no YAML, or more than a list of options; the line is named.</exception>
    public static IReadOnlyList<YamlOption> Read(string path)
    {
        if (!File.Exists(path))
            throw new CommandException(Directory.Exists(path) ? $"{path} is a folder, expected a YAML file of options." : $"There is no file {path}.");
        var bytes = new FileInfo(path).Length;
        if (bytes > LargestBytes)
            throw new CommandException($"{path} has {bytes} bytes, expected a YAML file of options of at most {LargestBytes}.");
        try
        {
            using var text = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return ReadDocument(new Parser(text), path);
        }
        catch (YamlException exception)
        {
            throw Problem(path, exception.Start, $"is not valid YAML: {exception.Message.TrimEnd('.')}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new CommandException($"{path} is not valid YAML."); // the parser trips over some broken files instead of naming the place
        }
    }

    private static List<YamlOption> ReadDocument(Parser parser, string path)
    {
        var options = new List<YamlOption>();
        Next(parser); // start of the stream
        if (Next(parser) is StreamEnd)
            return options;
        switch (Next(parser)) // behind the start of the document
        {
            case MappingStart mapping:
                RefuseProperties(mapping, path);
                break;
            case Scalar { Value: "" }:
                return options;
            case var other:
                throw Problem(path, other.Start, $"begins with {Describe(other)}, expected names of options and their values");
        }

        while (Next(parser) is not MappingEnd)
            options.Add(ReadOption(parser, path, options));
        Next(parser); // end of the document
        if (Next(parser) is DocumentStart second)
            throw Problem(path, second.Start, "has a second document, expected one");
        return options;
    }

    private static YamlOption ReadOption(Parser parser, string path, List<YamlOption> before)
    {
        var current = parser.Current!;
        if (current is not Scalar name)
            throw Problem(path, current.Start, $"has {Describe(current)} where the name of an option is expected");
        RefuseProperties(name, path);
        if (before.Find(option => option.Name == name.Value) is { } first)
            throw Problem(path, name.Start, $"gives {name.Value} again, first in line {first.Line}");
        var values = new List<string>();
        switch (Next(parser))
        {
            case Scalar scalar:
                AddScalar(values, scalar, path);
                break;
            case SequenceStart sequence:
                RefuseProperties(sequence, path);
                ReadSequence(parser, path, name.Value, values);
                break;
            case var other:
                throw Problem(path, other.Start, $"has {Describe(other)} as the value of {name.Value}, expected text, a number or a list of these");
        }

        return new YamlOption(name.Value, name.Start.Line, values);
    }

    private static void ReadSequence(Parser parser, string path, string name, List<string> values)
    {
        for (var item = Next(parser); item is not SequenceEnd; item = Next(parser))
        {
            if (item is not Scalar scalar)
                throw Problem(path, item.Start, $"has {Describe(item)} in the list of {name}, expected text or numbers");
            AddScalar(values, scalar, path);
        }
    }

    private static void AddScalar(List<string> values, Scalar scalar, string path)
    {
        RefuseProperties(scalar, path);
        var isNull = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";
        if (!isNull)
            values.Add(scalar.Value);
    }

    private static void RefuseProperties(NodeEvent node, string path)
    {
        if (!node.Anchor.IsEmpty)
            throw Problem(path, node.Start, $"has the anchor &{node.Anchor}, which option files do without");
        if (!node.Tag.IsEmpty)
            throw Problem(path, node.Start, $"has the tag {node.Tag}, which option files do without");
    }

    private static ParsingEvent Next(Parser parser) => parser.MoveNext() ? parser.Current! : throw new YamlException("it ends too early");

    private static string Describe(ParsingEvent node) => node switch
    {
        AnchorAlias alias => $"the alias *{alias.Value}",
        MappingStart => "a mapping",
        SequenceStart => "a list",
        Scalar => "a scalar",
        _ => "something else",
    };

    private static CommandException Problem(string path, Mark place, string what) => new($"{path} line {place.Line} {what}.");
}
