namespace Galvani.Cli.Pipe;

/// <summary>
/// How the threads of a run are shared out: a few work on one batch, in parts or together (<see cref="Galvani.Translator"/> chooses), and where there are more, several batches are worked on side by side.
/// </summary>
/// <param name="Batches">Batches side by side.</param>
/// <param name="Each">Threads of each.</param>
internal readonly record struct ThreadShare(int Batches, int Each)
{
    // With more threads on one product, handing work out costs more than reading weights twice.
    private const int MostTogether = 4;

    /// <summary>Shares out a number of threads; a few may be left over.</summary>
    public static ThreadShare Of(int threads)
    {
        var batches = (threads + MostTogether - 1) / MostTogether;
        return new ThreadShare(batches, threads / batches);
    }
}
