using BenchmarkDotNet.Running;
using Galvani.Benchmarks;
using Galvani.Benchmarks.KernelRuns;
using Galvani.Benchmarks.Operations;
using Galvani.Benchmarks.SeedShape;
using Galvani.Benchmarks.Translation;

// The first argument chooses: "micro" runs BenchmarkDotNet with the rest of the arguments, any other name a whole run.
// A new whole run is one class and one line here.
Dictionary<string, Func<string[], int>> runs = new()
{
    ["micro"] = rest =>
    {
        BenchmarkSwitcher.FromAssembly(typeof(Measure).Assembly).Run(rest);
        return 0;
    },
    ["tokenize-throughput"] = TokenizeThroughput.Run,
    ["embed-throughput"] = EmbedThroughput.Run,
    ["tokenizer-load"] = TokenizerLoad.Run,
    ["kernel-products"] = KernelProducts.Run,
    ["kernel-rows"] = KernelRows.Run,
    ["machine-peaks"] = PeaksOfMachine.Run,
    ["generate-seed-shape"] = GenerateSeedShape.Run,
    ["vocabulary-map"] = VocabularyMapRun.Run,
    ["checkpoint-operations"] = CheckpointOperations.Run,
};

if (args.Length > 0 && runs.TryGetValue(args[0], out var run))
    return run(args[1..]);
Console.Error.WriteLine($"Usage: dotnet run -c Release --project benchmarks/Galvani.Benchmarks -- {string.Join(" | ", runs.Keys)} [arguments]");
return 2;
