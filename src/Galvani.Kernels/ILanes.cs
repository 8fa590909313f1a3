namespace Galvani.Kernels;

/// <summary>
/// Sixteen single-precision numbers side by side, whatever the registers they lie in: kernels are written once over this type and are compiled for each instruction
/// set. A lane's result depends on that lane alone, and sums over lanes have one order, so sets that fuse multiply and add give the same bits.
/// </summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>The same number in every lane.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Sixteen numbers from memory; no alignment needed.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Sixteen numbers to memory; no alignment needed.</summary>
    static abstract void Store(TSelf lanes, float* destination);

    /// <summary>The first <paramref name="count"/> numbers, 1 to 15, from memory; the other lanes are the filler's. Reads nothing behind them.</summary>
    static abstract TSelf LoadPartial(float* source, int count, TSelf filler);

    /// <summary>The first <paramref name="count"/> numbers, 1 to 15, to memory. Writes nothing behind them.</summary>
    static abstract void StorePartial(TSelf lanes, float* destination, int count);

    /// <summary>left · right + addend, rounded once where the set has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>The sum of each lane.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>The difference of each lane.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>The product of each lane.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>The quotient of each lane.</summary>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>The greater of each lane; <paramref name="right"/> where either is NaN.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>The lesser of each lane; <paramref name="right"/> where either is NaN.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>Each lane rounded down to a whole number.</summary>
    static abstract TSelf Floor(TSelf lanes);

    /// <summary>Each lane times 2 to the power of the whole number in <paramref name="exponents"/>, which lies from -152 to 130; NaN times anything is NaN.</summary>
    static abstract TSelf Scale(TSelf lanes, TSelf exponents);

    /// <summary>Whether any lane of <paramref name="left"/> is greater; NaN never is.</summary>
    static abstract bool AnyGreater(TSelf left, TSelf right);

    /// <summary>The sum of all lanes: lane i and i + 8, of these i and i + 4, of these i and i + 2, and those two.</summary>
    static abstract float Sum(TSelf lanes);

    /// <summary>The sums of all lanes, each as <see cref="Sum"/> makes it, to memory.</summary>
    static abstract void StoreSums(TSelf lanes0, TSelf lanes1, TSelf lanes2, TSelf lanes3, float* destination);

    /// <summary>The greatest of all lanes, none of which is NaN.</summary>
    static abstract float Maximum(TSelf lanes);

    /// <summary>Adds each lane to a sum of its own in double precision.</summary>
    static abstract void AddTo(TSelf lanes, double* sums);

    /// <summary>Sixteen 32-bit integers in memory less a factor times sixteen others, as numbers, rounded to nearest.</summary>
    static abstract TSelf LoadDifference(int* left, int* right, int factor);

    /// <summary>Rounds each lane, from -255 to 255, to nearest (even when halfway), adds an integer from 0 to 255 and stores sixteen bytes, what lies outside them as the nearest of them.</summary>
    static abstract void StoreBytes(TSelf lanes, int added, byte* destination);

    /// <summary>Rounds each lane, from -32767 to 32767, to nearest (even when halfway) and stores sixteen integers of 16 bits.</summary>
    static abstract void StoreShorts(TSelf lanes, short* destination);
}
