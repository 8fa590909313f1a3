using System.Globalization;

namespace Galvani.Cli.Bench;

/// <summary>The most memory of this process that was resident at once (VmHWM), where the system tells.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string Reset = "/proc/self/clear_refs";

    /// <summary>Forgets the past, where the system can.</summary>
    public static void Forget()
    {
        try
        {
            File.WriteAllText(Reset, "5");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The peak then counts from the start of the process.
        }
    }

    /// <summary>The peak in bytes; null where the system does not tell.</summary>
    public static long? Read()
    {
        const string Name = "VmHWM:";
        if (!File.Exists(Status))
            return null;
        var line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var number, "kB"] ? long.Parse(number, CultureInfo.InvariantCulture) << 10 : null;
    }
}
