using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// Takes the tensors of a model out of a checkpoint by name and shape and keeps account: what is missing, misshapen or left over is reported together. Where something is wrong, what
/// is taken is null, and <see cref="Complete"/> throws before anyone can use it.
/// </summary>
/// <param name="checkpoint">The tensors.</param>
/// <param name="format">How projections are held; gates, which decide rather than compute, are always in single precision.</param>
internal sealed class WeightBinder(OpenNmtCheckpoint checkpoint, ProductFormat format)
{
    /// <summary>A size that is whatever the file has.</summary>
    public const long AnySize = -1;

    private const int MostNamed = 1000;

    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private readonly HashSet<string> problems = new(StringComparer.Ordinal);
    private bool hasMore;

    /// <summary>A tensor of the given shape.</summary>
    public TensorView? Take(string name, params ReadOnlySpan<long> shape)
    {
        taken.Add(name);
        if (checkpoint.Find(name)?.View is not { } view)
        {
            AddProblem($"{name} is missing");
            return null;
        }

        var fits = view.Rank == shape.Length;
        for (var axis = 0; fits && axis < shape.Length; axis++)
            fits = shape[axis] == AnySize ? view.Shape[axis] > 0 : shape[axis] == view.Shape[axis];
        if (fits && view.DType.IsReadable() && !view.DType.IsComplex())
            return view;
        AddProblem(fits
            ? $"{name} has type {view.DType.TorchName()}, expected real numbers"
            : $"{name} has shape [{string.Join(", ", view.Shape)}], expected [{string.Join(", ", shape.ToArray().Select(size => size == AnySize ? "any" : $"{size}"))}]");
        return null;
    }

    /// <summary>The numbers of a small tensor.</summary>
    public Parameter TakeParameter(string name, params ReadOnlySpan<long> shape) => Take(name, shape) is { } view ? new Parameter(view) : null!;

    /// <summary>A projection.</summary>
    /// <param name="module">Its name, without <c>.weight</c> and <c>.bias</c>.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="hasBias">Whether it has a bias.</param>
    /// <param name="importance">How much depends on it.</param>
    public Linear TakeLinear(string module, long outputWidth, long inputWidth, bool hasBias, Importance importance = Importance.Usual)
    {
        var weight = Take(OpenNmtNames.Weight(module), outputWidth, inputWidth);
        var bias = hasBias ? Take(OpenNmtNames.Bias(module), outputWidth) : null;
        return Stack([weight], hasBias ? [bias] : [], importance);
    }

    /// <summary>Several weights of one input width as one projection.</summary>
    public Linear Stack(IReadOnlyList<TensorView?> weights, IReadOnlyList<TensorView?> biases, Importance importance) =>
        Stack(weights, biases, FormatOf(importance));

    /// <summary>A gate: a projection to few outputs that say which way to go.</summary>
    /// <param name="weight">The name of its weight.</param>
    /// <param name="bias">The name of its bias; null for none.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    public Linear TakeGate(string weight, string? bias, long outputWidth, long inputWidth) =>
        Stack([Take(weight, outputWidth, inputWidth)], bias is null ? [] : [Take(bias, outputWidth)], ProductFormat.Single);

    // In 8 bits the more depends on a projection, the finer it is held. On the sample model this halves the number of lines that come out otherwise than in single precision (docs/guide/speed.md).
    private ProductFormat FormatOf(Importance importance) => format != ProductFormat.Int8 ? format : importance switch
    {
        Importance.High => ProductFormat.Int8Exact,
        Importance.Raised => ProductFormat.Int8,
        _ => ProductFormat.Int8Quads,
    };

    private Linear Stack(IReadOnlyList<TensorView?> weights, IReadOnlyList<TensorView?> biases, ProductFormat held)
    {
        if (weights.Contains(null) || biases.Contains(null))
            return null!;
        var views = weights.OfType<TensorView>().ToList();
        var stored = checkpoint.Checkpoint.Packing is { } packing && packing.Format == format ? packing.Find(views) : null;
        return new Linear(views, [.. biases.OfType<TensorView>()], stored?.Format ?? held, stored);
    }

    /// <summary>A norm of the model's kind.</summary>
    /// <param name="module">Its name, without <c>.weight</c> and <c>.bias</c>.</param>
    /// <param name="config">Kind, width and epsilon.</param>
    public Norm TakeNorm(string module, ModelConfig config)
    {
        var weight = TakeParameter(OpenNmtNames.Weight(module), config.ModelWidth);
        var bias = config.Norm == NormKind.Rms ? null : TakeParameter(OpenNmtNames.Bias(module), config.ModelWidth);
        return new Norm(config.Norm, weight, bias, config.NormEpsilon);
    }

    /// <summary>Tensors that the toolkit writes and nothing uses: neither missed nor left over.</summary>
    /// <param name="module">The name, without <c>.weight</c> and <c>.bias</c>.</param>
    public void Ignore(string module)
    {
        taken.Add(OpenNmtNames.Weight(module));
        taken.Add(OpenNmtNames.Bias(module));
    }

    /// <summary>Reports what is wrong.</summary>
    /// <param name="expectedPrefixes">What the names begin with among which nothing may be left over.</param>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    public void Complete(params IReadOnlyList<string> expectedPrefixes)
    {
        foreach (var tensor in checkpoint.Tensors)
        {
            if (!taken.Contains(tensor.Name) && expectedPrefixes.Any(prefix => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)))
                AddProblem($"{tensor.Name} [{string.Join(", ", tensor.View.Shape)}] is not expected by the options");
        }

        if (problems.Count > 0)
            throw new WeightMismatchException($"{string.Join("; ", problems)}{(hasMore ? "; and more" : "")} ({checkpoint.Checkpoint.FilePath})");
    }

    /// <summary>Keeps a problem; of a file where nearly everything is wrong, enough of them.</summary>
    private void AddProblem(string problem)
    {
        if (problems.Count < MostNamed)
            problems.Add(problem);
        else
            hasMore = true;
    }
}

/// <summary>How much depends on a projection.</summary>
internal enum Importance
{
    /// <summary>As on most.</summary>
    Usual,

    /// <summary>More than on most.</summary>
    Raised,

    /// <summary>More than on all others: its roundings change translations first.</summary>
    High,
}
