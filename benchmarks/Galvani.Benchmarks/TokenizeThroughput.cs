using System.Buffers.Text;
using Galvani.Text;

namespace Galvani.Benchmarks;

/// <summary>
/// Bulk tokenisation on one thread against the reference's command line program (Debian: sentencepiece). Both read a text of lines
/// and write ids; of the reference's process the time for an empty input is taken off.
/// Arguments: [megabytes = 50] [text file instead].
/// </summary>
internal static class TokenizeThroughput
{
    private const string Reference = "/usr/bin/spm_encode";
    private const int Repetitions = 3;

    /// <summary>Runs it for a unigram and a BPE model and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        var megabytes = arguments.Length > 0 ? int.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture) : 50;
        var text = arguments.Length > 1 ? arguments[1] : BenchmarkText.Write(megabytes * 1_000_000L);
        var empty = Path.GetTempFileName();
        try
        {
            Console.WriteLine($"Machine: {Measure.Machine}. Text: {new FileInfo(text).Length / 1e6:F1} MB. Medians of {Repetitions}, alternating.\n");
            Measure.Row("model", "ours, MB/s", "ours with ids written, MB/s", "spm_encode, MB/s", "ratio (both write)");
            Measure.Row("---", "---:", "---:", "---:", "---:");
            foreach (var model in (string[])["samples/ru-en/sentencepiece.model", "uni_bf0", "uni_bf1", "uni_uds", "bpe_bf0", "bpe_cf", "bpe_uds"])
                RunModel(model, text, empty);
        }
        finally
        {
            File.Delete(empty);
            if (arguments.Length < 2)
                File.Delete(text);
        }

        return 0;
    }

    private static void RunModel(string name, string text, string empty)
    {
        var path = Path.Combine(Measure.RepositoryRoot, name.Contains('/') ? name : $"tests/Golden/sentencepiece/{name}.model");
        var model = SentencePieceModel.Load(path);
        var bytes = File.ReadAllBytes(text);
        var workspace = new SentencePieceWorkspace();
        Encode(model, workspace, bytes.AsSpan(0, Math.Min(bytes.Length, 8_000_000)), Stream.Null);
        var (ours, writing, reference) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < Repetitions; i++)
        {
            ours.Add(Measure.Time(() => Encode(model, workspace, bytes, output: null)));
            writing.Add(Measure.Time(() =>
            {
                using var sink = new FileStream("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                Encode(model, workspace, bytes, sink);
            }));
            if (File.Exists(Reference))
            {
                string[] options = [$"--model={path}", "--output_format=id"];
                reference.Add(Measure.Process(Reference, options, text) - Measure.Process(Reference, options, empty));
            }
        }

        var theirs = reference.Count == 0 ? TimeSpan.Zero : Measure.Median(reference);
        Measure.Row(name, Rate(bytes, ours), Rate(bytes, writing),
            reference.Count == 0 ? "not installed" : Rate(bytes, reference), $"{theirs / Measure.Median(writing):F2}");
    }

    private static string Rate(byte[] bytes, IEnumerable<TimeSpan> times) => $"{bytes.Length / 1e6 / Measure.Median(times).TotalSeconds:F1}";

    // With an output: the ids of each line in decimal, spaces between, as the reference writes them.
    private static void Encode(SentencePieceModel model, SentencePieceWorkspace workspace, ReadOnlySpan<byte> text, Stream? output)
    {
        var buffer = new byte[1 << 16];
        var used = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            var ids = model.EncodeIds(text[range], workspace);
            if (output is null)
                continue;
            foreach (var id in ids)
            {
                if (buffer.Length - used < 16)
                {
                    output.Write(buffer.AsSpan(0, used));
                    used = 0;
                }

                Utf8Formatter.TryFormat(id, buffer.AsSpan(used), out var written);
                used += written;
                buffer[used++] = (byte)' ';
            }

            buffer[Math.Max(used - 1, 0)] = (byte)'\n';
        }

        output?.Write(buffer.AsSpan(0, used));
    }
}
