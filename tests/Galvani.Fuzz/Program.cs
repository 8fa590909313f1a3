// Fuzzes every reader with seeded files, half of which know the structure: no crash, no endless work, no exception but ours, memory bounded. Kept out of the quick tests.
//   dotnet run -c Release --project tests/Galvani.Fuzz -- [--seed N] [--cases N] [--reader NAME] [--case N]
//   dotnet run -c Release --project tests/Galvani.Fuzz -- --kill 100        kills a writer of a 100 MB file at 100 moments; --kill-split: of the two files of the split form
//   dotnet build -c Release tests/Galvani.Fuzz -t:FuzzWithCoverage -p:MeasureCoverage=true -p:FuzzArguments="--cases N"        says besides which share of the readers' lines was reached
// A failing file is kept under the temporary folder; --reader NAME --case N --cases 1 runs one case again.
using System.Diagnostics;
using System.Globalization;
using Galvani.Checkpoints.Writing;
using Galvani.Fuzz;
using Galvani.Testing.Fuzzing;

if (args is ["--write", var written, var version])
    return KillRun.Write(CheckpointDestination.File(written), int.Parse(version, CultureInfo.InvariantCulture));
if (args is ["--write-split", var splitWritten, var splitVersion])
    return KillRun.Write(CheckpointDestination.File(splitWritten).AsSplit(), int.Parse(splitVersion, CultureInfo.InvariantCulture));
if (args is ["--kill" or "--kill-split", var moments])
    return KillRun.Run(int.Parse(moments, CultureInfo.InvariantCulture), isSplit: args[0] == "--kill-split");
if (args is ["--coverage", var report])
    return ReaderCoverage.Print(report);

const long MostBytes = 400L << 20;
var slowestAllowed = TimeSpan.FromSeconds(10);
int seed = Option("--seed", 1), cases = Option("--cases", 30_000), first = Option("--case", 0);
var only = Array.IndexOf(args, "--reader") is >= 0 and var at ? args[at + 1] : null;
var folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
var failureCount = 0;
Console.WriteLine($"seed {seed}, {cases} cases a reader");
foreach (var (sources, target) in ((IReadOnlyList<FuzzSource>, Func<string, Depth>)[])[(FuzzSource.Checkpoints, Targets.Open), (FuzzSource.Weights, Targets.Split), (FuzzSource.Tokenizing, Targets.Tokenize), (FuzzSource.Lists, Targets.List), (FuzzSource.VocabularyMaps, Targets.VocabularyMap), (FuzzSource.OptionFiles, Targets.Options)])
{
    foreach (var source in sources.Where(source => only is null || source.Name == only))
        Run(source, target);
}
Console.WriteLine(failureCount == 0 ? "no failures" : $"{failureCount} failures");
return failureCount == 0 ? 0 : 1;

void Run(FuzzSource source, Func<string, Depth> target)
{
    var path = Path.Combine(folder, $"galvani-fuzz-{Environment.ProcessId}-{source.Name}.bin");
    var depths = new int[3];
    (TimeSpan Time, int Case) slowest = default;
    (long Bytes, int Case) largest = default;
    var watch = Stopwatch.StartNew();
    var current = -1;
    var started = 0L; // ticks of processor time: a machine that is busy, or stops the run for a while, is no slow reader
    var standstill = new Standstill();
    using var watchdog = new Timer(_ =>
    {
        var index = Volatile.Read(ref current);
        var waits = standstill.Look(index, Environment.CpuUsage.TotalTime);
        if (index >= 0 && (waits || ProcessorTimeSince(Volatile.Read(ref started)) > 3 * slowestAllowed))
        {
            Console.Error.WriteLine($"{source.Name}: case {index} of seed {seed} {(waits ? "waits for what does not come" : "hangs")}");
            Environment.Exit(1);
        }
    }, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    for (var index = first; index < first + cases; index++)
    {
        var bytes = source.CaseOf(seed, index);
        File.WriteAllBytes(path, bytes);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Volatile.Write(ref started, Environment.CpuUsage.TotalTime.Ticks);
        Volatile.Write(ref current, index);
        try
        {
            depths[(int)target(path)]++;
        }
        catch (Exception exception)
        {
            Fail(source, index, bytes, exception.ToString());
        }

        Volatile.Write(ref current, -1);
        var (time, used) = (ProcessorTimeSince(started), GC.GetAllocatedBytesForCurrentThread() - allocated);
        if (time > slowestAllowed || used > MostBytes)
            Fail(source, index, bytes, $"{time.TotalSeconds:F1} s, {used >> 20} MiB allocated");
        if (time > slowest.Time)
            slowest = (time, index);
        if (used > largest.Bytes)
            largest = (used, index);
    }

    File.Delete(path);
    Targets.Clean(path);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{source.Name,-14} {cases} cases in {watch.Elapsed.TotalSeconds,5:F0} s: past the container {100.0 * (depths[1] + depths[2]) / cases,5:F1} %, opened {100.0 * depths[2] / cases,5:F1} %; "
        + $"slowest {slowest.Time.TotalMilliseconds:F0} ms (case {slowest.Case}), largest {largest.Bytes / 1024.0 / 1024:F1} MiB (case {largest.Case})"));
}

static TimeSpan ProcessorTimeSince(long ticks) => Environment.CpuUsage.TotalTime - TimeSpan.FromTicks(ticks);

void Fail(FuzzSource source, int index, byte[] bytes, string problem)
{
    failureCount++;
    var kept = Path.Combine(Path.GetTempPath(), $"galvani-fuzz-{source.Name}-{seed}-{index}.bin");
    File.WriteAllBytes(kept, bytes);
    Console.Error.WriteLine($"{source.Name}: case {index} of seed {seed}, kept as {kept}: {problem}");
}

int Option(string name, int fallback) => Array.IndexOf(args, name) is >= 0 and var place ? int.Parse(args[place + 1], CultureInfo.InvariantCulture) : fallback;
