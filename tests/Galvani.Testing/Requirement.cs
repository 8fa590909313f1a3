using System.Diagnostics;
using Xunit;

namespace Galvani.Testing;

/// <summary>
/// Programs that some tests need. Where one is missing the test is skipped with that reason; with
/// <c>GALVANI_REQUIRE_ALL=1</c> (set by <c>.ci/run</c>) it fails instead, so that nothing is skipped unseen.
/// </summary>
public static class Requirement
{
    private static readonly Lazy<bool> TorchWorks = new(() => Succeeds(Python, "-c", "import torch, numpy"));
    private static readonly Lazy<bool> SentencePieceWorks = new(() => Succeeds(Python, "-c", "import sentencepiece"));

    /// <summary>The system's Python: the one that Debian's packages install into.</summary>
    public const string Python = "/usr/bin/python3";

    /// <summary>Requires Python with torch and numpy (Debian: python3-torch).</summary>
    public static void Torch() => Need(TorchWorks.Value, "Python's torch and numpy (Debian: python3-torch)");

    /// <summary>Requires Python with sentencepiece (Debian: python3-sentencepiece).</summary>
    public static void SentencePiece() => Need(SentencePieceWorks.Value, "Python's sentencepiece (Debian: python3-sentencepiece)");

    /// <summary>Skips, or fails under <c>GALVANI_REQUIRE_ALL=1</c>, when <paramref name="present"/> is false.</summary>
    public static void Need(bool present, string what)
    {
        if (present)
            return;
        if (Environment.GetEnvironmentVariable("GALVANI_REQUIRE_ALL") == "1")
            Assert.Fail($"This test needs {what}, and GALVANI_REQUIRE_ALL=1 forbids skipping.");
        Assert.Skip($"needs {what}");
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        if (!File.Exists(program))
            return false;
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
