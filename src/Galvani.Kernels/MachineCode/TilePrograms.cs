using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels.MachineCode;

/// <summary>The tiles that this process has written for the processor it runs on, once, when the first product asks.</summary>
internal static unsafe class TilePrograms
{
    // xor ecx, ecx; xgetbv; shl rdx, 32; or rax, rdx; ret: the registers that the system saves.
    private static readonly byte[] ReadSavedRegisters = [0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3];

    // SSE, AVX, and the three parts of AVX-512.
    private const ulong NeededRegisters = 0b1110_0110;
    private const int PanelCounts = 3; // 1, 2, 4
    private const int KindCount = 4;

    /// <summary>What this processor, this system and this runtime can do, the best last.</summary>
    public static IReadOnlyList<ProductCode> Available { get; } = FindAvailable();

    /// <summary>
    /// What is used unasked: the best of these. On 256-bit registers only where it was measured to be faster than what the compiler writes, which is on AMD's processors.
    /// </summary>
    public static ProductCode Best => Available.Count > 0 && (Available[^1] >= ProductCode.Avx512 || IsFromAmd) ? Available[^1] : ProductCode.Compiled;

    // "AuthenticAMD" begins so.
    private static bool IsFromAmd => X86Base.CpuId(0, 0).Ebx == 0x6874_7541;

    /// <summary>The function of a tile. It calls nothing and ends within microseconds a tile, of which it takes eight at most: the collector need not be told of it.</summary>
    /// <param name="kind">How it multiplies.</param>
    /// <param name="rowCount">1 to <see cref="TileCode.MostRows"/>.</param>
    /// <param name="panelCount">1, 2 or 4, at most <see cref="TileCode.PanelCount"/>.</param>
    public static delegate* unmanaged[SuppressGCTransition]<ProductOperands*, int*, void> Find(StepKind kind, int rowCount, int panelCount) =>
        (delegate* unmanaged[SuppressGCTransition]<ProductOperands*, int*, void>)Table.Functions[Index(kind, rowCount, panelCount)];

    private static int Index(StepKind kind, int rowCount, int panelCount) => ((int)kind * TileCode.MostRows + rowCount - 1) * PanelCounts + panelCount / 2;

    private static List<ProductCode> FindAvailable()
    {
        if (!OperatingSystem.IsLinux() || !X86Base.X64.IsSupported || !Avx2.IsSupported || !Fma.IsSupported)
            return [];
        var read = (delegate* unmanaged<ulong>)ExecutableMemory.TryPlace(ReadSavedRegisters);
        if (read == null)
            return [];
        List<ProductCode> found = [ProductCode.Avx2];
        var (leaves, _, _, _) = X86Base.CpuId(0, 0);
        var (subleaves, extensions, moreExtensions, _) = leaves < 7 ? default : X86Base.CpuId(7, 0);
        if (subleaves > 0 && HasBit(X86Base.CpuId(7, 1).Eax, 4))
            found.Add(ProductCode.AvxVnni);
        if (HasBit(extensions, 16) && HasBit(extensions, 30) && (read() & NeededRegisters) == NeededRegisters) // AVX512F, AVX512BW
        {
            found.Add(ProductCode.Avx512);
            if (HasBit(moreExtensions, 11))
                found.Add(ProductCode.Avx512Vnni);
        }

        return found;
    }

    private static bool HasBit(int bits, int index) => (bits >> index & 1) != 0;

    private static class Table
    {
        public static readonly nint[] Functions = Write();

        private static nint[] Write()
        {
            var products = InstructionSets.Products;
            var code = new VectorAssembler(products >= ProductCode.Avx512 ? VectorAssembler.WideRegisterBytes : VectorAssembler.NarrowRegisterBytes);
            var hasVnni = products is ProductCode.AvxVnni or ProductCode.Avx512Vnni;
            var functions = new nint[KindCount * TileCode.MostRows * PanelCounts];
            foreach (var kind in (ReadOnlySpan<StepKind>)[StepKind.Single, StepKind.Bytes, StepKind.Shorts, StepKind.Quads])
            {
                for (var rows = 1; rows <= TileCode.RowCount(products, kind); rows++)
                {
                    for (var panels = 1; panels <= TileCode.PanelCount(products, kind, rows); panels *= 2)
                    {
                        code.AlignToLine();
                        functions[Index(kind, rows, panels)] = code.Length;
                        TileCode.Write(code, kind, hasVnni, rows, panels);
                    }
                }
            }

            var start = ExecutableMemory.TryPlace(code.ToArray());
            if (start == null)
                throw new InsufficientMemoryException($"The system gave memory for machine code and now gives no {code.Length} bytes more; {InstructionSets.Variable}=avx2 does without.");
            for (var i = 0; i < functions.Length; i++)
                functions[i] += (nint)start;
            return functions;
        }
    }
}
