using System.Diagnostics;
using System.Security.Cryptography;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>Counts what a line command did, and writes it as JSON when <c>--report</c> asks.</summary>
internal sealed class RunReport(string command, string? modelPath, IReadOnlyList<string> options)
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly List<string> warnings = [];
    private long lines;
    private long tokens;
    private long blankLines;
    private long longLines;

    /// <summary>The seed of what was drawn; null where nothing was.</summary>
    public long? Seed { get; init; }

    /// <summary>A file that is read along with the input: it must have as many lines, and its broken ones count.</summary>
    public PairedLines? SecondFile { get; init; }

    /// <summary>The other models of an ensemble.</summary>
    public IReadOnlyList<string> OtherModelPaths { get; init; } = [];

    /// <summary>Whether results go to standard output. Default true; false where they go to a file.</summary>
    public bool IsPrinted { get; init; } = true;

    public long Lines => Interlocked.Read(ref lines);

    public long LongLines => Interlocked.Read(ref longLines);

    public void CountLine(int tokenCount)
    {
        Interlocked.Increment(ref lines);
        Interlocked.Add(ref tokens, tokenCount);
        if (tokenCount == 0)
            Interlocked.Increment(ref blankLines);
    }

    public void CountLongLine() => Interlocked.Increment(ref longLines);

    /// <summary>Says a warning about some lines, if there are any.</summary>
    /// <param name="count">The number of lines.</param>
    /// <param name="one">What is said of one line.</param>
    /// <param name="several">What is said of several.</param>
    public void WarnOfLines(long count, string one, string several)
    {
        if (count > 0)
            Warn(count == 1 ? $"1 line {one}" : FormattableString.Invariant($"{count} lines {several}"));
    }

    /// <summary>Says a warning on standard error at the end, and keeps it for the report.</summary>
    public void Warn(string warning)
    {
        warnings.Add(warning);
        StandardError.WriteLine($"galvani: {PlainText.Visible(warning)}");
    }

    /// <summary>Writes the report.</summary>
    public void Write(string path)
    {
        AtomicFile.Write(path, stream =>
        {
            var json = new JsonText(stream);
            json.BeginObject().Name("command").Text(command).Name("version").Text(VersionInfo.Version).Name("instruction_set").Text(VersionInfo.InstructionSet);
            json.Name("model").Text(modelPath).Name("model_sha256").Text(modelPath is null ? null : Hash(modelPath));
            WriteOtherModels(json);
            json.Name("options").Texts(options);
            if (Seed is { } seed)
                json.Name("seed").Number(seed);
            json.Name("lines").Number(Lines).Name("tokens").Number(tokens).Name("blank_lines").Number(blankLines).Name("long_lines").Number(LongLines);
            json.Name("seconds").Number(watch.Elapsed.TotalSeconds).Name("warnings").Texts(warnings).EndObject();
            json.EndLine();
        });
    }

    private void WriteOtherModels(JsonText json)
    {
        if (OtherModelPaths.Count == 0)
            return;
        json.Name("other_models").BeginArray();
        foreach (var path in OtherModelPaths)
            json.BeginObject().Name("model").Text(path).Name("model_sha256").Text(Hash(path)).EndObject();
        json.EndArray();
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
