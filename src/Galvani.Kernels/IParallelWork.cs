namespace Galvani.Kernels;

/// <summary>Work that falls into chunks which any thread may do in any order.</summary>
public interface IParallelWork
{
    /// <summary>Does one chunk.</summary>
    /// <param name="chunk">From 0 on; each is asked for once.</param>
    void Run(int chunk);
}
