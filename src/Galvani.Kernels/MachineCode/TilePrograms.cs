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

    /// <summary>What this processor, this system and this runtime can do.</summary>
    public static ProductCode Widest { get; } = FindWidest();

    /// <summary>The function of a tile. It calls nothing and ends within microseconds: the collector need not be told of it.</summary>
    /// <param name="kind">How it multiplies.</param>
    /// <param name="rowCount">1 to <see cref="TileCode.MostRows"/>.</param>
    /// <param name="panelCount">1, 2 or 4.</param>
    public static delegate* unmanaged[SuppressGCTransition]<ProductOperands*, int*, void> Find(StepKind kind, int rowCount, int panelCount) =>
        (delegate* unmanaged[SuppressGCTransition]<ProductOperands*, int*, void>)Table.Functions[Index(kind, rowCount, panelCount)];

    private static int Index(StepKind kind, int rowCount, int panelCount) => ((int)kind * TileCode.MostRows + rowCount - 1) * PanelCounts + panelCount / 2;

    private static ProductCode FindWidest()
    {
        if (!OperatingSystem.IsLinux() || !X86Base.X64.IsSupported || !Avx2.IsSupported)
            return ProductCode.Compiled;
        var (highest, _, _, _) = X86Base.CpuId(0, 0);
        var (_, _, features, _) = X86Base.CpuId(1, 0);
        if (highest < 7 || !HasBit(features, 27)) // OSXSAVE
            return ProductCode.Compiled;
        var (_, extensions, moreExtensions, _) = X86Base.CpuId(7, 0);
        if (!HasBit(extensions, 16) || !HasBit(extensions, 30)) // AVX512F, AVX512BW
            return ProductCode.Compiled;
        var read = (delegate* unmanaged<ulong>)ExecutableMemory.TryPlace(ReadSavedRegisters);
        if (read == null || (read() & NeededRegisters) != NeededRegisters)
            return ProductCode.Compiled;
        return HasBit(moreExtensions, 11) ? ProductCode.Avx512Vnni : ProductCode.Avx512;
    }

    private static bool HasBit(int bits, int index) => (bits >> index & 1) != 0;

    private static class Table
    {
        public static readonly nint[] Functions = Write();

        private static nint[] Write()
        {
            var code = new VectorAssembler();
            var functions = new nint[3 * TileCode.MostRows * PanelCounts];
            foreach (var kind in (ReadOnlySpan<StepKind>)[StepKind.Single, StepKind.Bytes, StepKind.Shorts])
            {
                for (var rows = 1; rows <= TileCode.MostRows; rows++)
                {
                    for (var panels = 1; panels <= TileCode.MostPanels; panels *= 2)
                    {
                        code.AlignToLine();
                        functions[Index(kind, rows, panels)] = code.Length;
                        TileCode.Write(code, kind, InstructionSets.Products == ProductCode.Avx512Vnni, rows, panels);
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
