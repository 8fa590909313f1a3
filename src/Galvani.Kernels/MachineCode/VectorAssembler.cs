using System.Buffers.Binary;

namespace Galvani.Kernels.MachineCode;

/// <summary>
/// Writes x86-64 machine code: the few instructions that tiles of products are made of. Encodings follow the <em>Intel 64 and IA-32 Architectures Software Developer's Manual</em>, volume 2 (2.3 for those of
/// vectors of 256 bits, VEX; 2.7 for those of 512 bits, EVEX). What is written does not depend on where it will lie.
/// </summary>
internal sealed class VectorAssembler
{
    /// <summary>The bytes of a register of AVX-512, of which there are 32.</summary>
    public const int WideRegisterBytes = 64;

    /// <summary>The bytes of a register of AVX2, of which there are 16.</summary>
    public const int NarrowRegisterBytes = 32;

    private const int LineBytes = 64;
    private const byte Trap = 0xCC;
    private readonly List<byte> code = [];

    /// <param name="registerBytes">How wide vector registers are: <see cref="NarrowRegisterBytes"/> or <see cref="WideRegisterBytes"/>.</param>
    public VectorAssembler(int registerBytes) => RegisterBytes = registerBytes;

    /// <summary>The bytes of a vector register.</summary>
    public int RegisterBytes { get; }

    /// <summary>How many vector registers there are, numbered from 0.</summary>
    public int RegisterCount => IsWide ? 32 : 16;

    /// <summary>The bytes written.</summary>
    public int Length => code.Count;

    /// <summary>A copy of what has been written.</summary>
    public byte[] ToArray() => [.. code];

    /// <summary>Goes on at the next cache line; what is between traps.</summary>
    public void AlignToLine()
    {
        while (code.Count % LineBytes != 0)
            code.Add(Trap);
    }

    /// <summary><c>mov register, [from + offset]</c>.</summary>
    public void Load(Register register, Register from, int offset)
    {
        code.AddRange([Rex(register, from), 0x8B]);
        Operand((int)register, new Location(from), offset);
    }

    /// <summary><c>mov [to + offset], register</c>.</summary>
    public void Store(Register register, Register to, int offset)
    {
        code.AddRange([Rex(register, to), 0x89]);
        Operand((int)register, new Location(to), offset);
    }

    /// <summary><c>lea register, [location]</c>; leaves the flags alone.</summary>
    public void Address(Register register, in Location location)
    {
        code.AddRange([Rex(register, location.Base, location.Index), 0x8D]);
        Operand((int)register, location, displacement: 0);
    }

    /// <summary><c>add register, number</c>.</summary>
    public void Add(Register register, int number)
    {
        var isShort = number == (sbyte)number;
        code.AddRange([Rex(default, register), (byte)(isShort ? 0x83 : 0x81), Direct(0, (int)register)]);
        if (isShort)
            code.Add((byte)number);
        else
            Add(number);
    }

    /// <summary><c>add register, other</c>.</summary>
    public void Add(Register register, Register other) => code.AddRange([Rex(other, register), 0x01, Direct((int)other, (int)register)]);

    /// <summary><c>add qword ptr [to + offset], number</c>.</summary>
    public void AddToMemory(Register to, int offset, sbyte number)
    {
        code.AddRange([Rex(default, to), 0x83]);
        Operand(0, new Location(to), offset);
        code.Add((byte)number);
    }

    /// <summary><c>dec register</c>.</summary>
    public void Decrement(Register register) => code.AddRange([Rex(default, register), 0xFF, Direct(1, (int)register)]);

    /// <summary><c>cmp register, number</c>.</summary>
    public void Compare(Register register, sbyte number) => code.AddRange([Rex(default, register), 0x83, Direct(7, (int)register), (byte)number]);

    /// <summary><c>cmp byte ptr [from + offset], 0</c>.</summary>
    public void CompareByteWithZero(Register from, int offset)
    {
        code.AddRange([NarrowRex(from), 0x80]);
        Operand(7, new Location(from), offset);
        code.Add(0);
    }

    /// <summary><c>push register</c>.</summary>
    public void Push(Register register) => OnStack(0x50, register);

    /// <summary><c>pop register</c>.</summary>
    public void Pop(Register register) => OnStack(0x58, register);

    /// <summary><c>vzeroupper; ret</c>.</summary>
    public void Return() => code.AddRange([0xC5, 0xF8, 0x77, 0xC3]);

    /// <summary>A jump back to what has been written.</summary>
    /// <param name="condition">When.</param>
    /// <param name="target">The <see cref="Length"/> there.</param>
    public void JumpBack(Condition condition, int target) => SetTarget(JumpAhead(condition), target);

    /// <summary>A jump to what is still to be written.</summary>
    /// <param name="condition">When.</param>
    /// <returns>What <see cref="LandHere"/> needs.</returns>
    public int JumpAhead(Condition condition)
    {
        if (condition == Condition.Always)
            code.Add(0xE9);
        else
            code.AddRange([0x0F, (byte)(0x80 | (int)condition)]);
        Add(0);
        return code.Count;
    }

    /// <summary>Lets a jump lead to here.</summary>
    /// <param name="jump">What <see cref="JumpAhead"/> gave.</param>
    public void LandHere(int jump) => SetTarget(jump, code.Count);

    /// <summary><c>prefetcht0 [from + offset]</c>, or <c>prefetcht1</c>: into the first-level cache, or the second.</summary>
    public void Prefetch(bool isNear, Register from, int offset)
    {
        code.AddRange([NarrowRex(from), 0x0F, 0x18, (byte)(0x80 | (isNear ? 1 : 2) << 3 | (int)from & 7)]);
        Add(offset);
    }

    private bool IsWide => RegisterBytes == WideRegisterBytes;

    /// <summary>An instruction of three vector registers.</summary>
    public void Vector(VectorOpcode opcode, int destination, int first, int second)
    {
        Begin(opcode, destination, first, (second & 8) != 0, (second & 16) != 0);
        code.Add(Direct(destination, second));
    }

    /// <summary>An instruction of vector registers and a number.</summary>
    public void Vector(VectorOpcode opcode, int destination, int first, int second, byte number)
    {
        Vector(opcode, destination, first, second);
        code.Add(number);
    }

    /// <summary>A load or a store.</summary>
    /// <param name="opcode">Which.</param>
    /// <param name="register">What is loaded or stored.</param>
    /// <param name="location">Where.</param>
    /// <param name="index">How much further, in units of what the instruction reads or writes.</param>
    public void Vector(VectorOpcode opcode, int register, in Location location, sbyte index = 0)
    {
        Begin(opcode, register, first: 0, ((int)location.Base & 8) != 0, ((int)(location.Index ?? default) & 8) != 0);
        Operand(register, location, Displacement(opcode, index));
    }

    /// <summary>An instruction of two vector registers and memory.</summary>
    /// <param name="opcode">Which.</param>
    /// <param name="destination">What is written.</param>
    /// <param name="first">The first source.</param>
    /// <param name="location">Where the second lies.</param>
    /// <param name="index">How much further, in units of what the instruction reads.</param>
    public void Vector(VectorOpcode opcode, int destination, int first, in Location location, sbyte index)
    {
        Begin(opcode, destination, first, ((int)location.Base & 8) != 0, ((int)(location.Index ?? default) & 8) != 0);
        Operand(destination, location, Displacement(opcode, index));
    }

    private void OnStack(byte opcode, Register register)
    {
        if (register >= Register.R8)
            code.Add(NarrowRex(register));
        code.Add((byte)(opcode | (int)register & 7));
    }

    // The operand size is 64 bits; the fourth bits of the registers.
    private static byte Rex(Register register, Register from, Register? index = null) =>
        (byte)(0x48 | ((int)register & 8) >> 1 | ((int)(index ?? default) & 8) >> 2 | ((int)from & 8) >> 3);

    // The same where the operand size is the opcode's.
    private static byte NarrowRex(Register from) => (byte)(0x40 | ((int)from & 8) >> 3);

    private static byte Direct(int register, int second) => (byte)(0xC0 | (register & 7) << 3 | second & 7);

    // The prefix, which holds the fourth and fifth bits of the registers and all of the first source, inverted, and the opcode.
    private void Begin(VectorOpcode opcode, int register, int first, bool hasBase8, bool hasIndex8)
    {
        var extensions = (byte)(((register & 8) << 4 | (hasIndex8 ? 0x40 : 0) | (hasBase8 ? 0x20 : 0) | register & 16) ^ (IsWide ? 0xF0 : 0xE0) | (int)opcode.Map);
        var source = (byte)((~first & 15) << 3 | 4 | (int)opcode.Prefix); // of VEX this 4 says 256 bits, of EVEX it is always there
        if (IsWide)
            code.AddRange([0x62, extensions, source, (byte)(0x40 | (~first & 16) >> 1), opcode.Code]);
        else
            code.AddRange([0xC4, extensions, source, opcode.Code]);
    }

    // EVEX counts in what the instruction reads or writes.
    private int Displacement(VectorOpcode opcode, sbyte index) => IsWide ? index : index * opcode.MemoryBytes(RegisterBytes);

    private void Operand(int register, in Location location, int displacement)
    {
        var isShort = displacement == (sbyte)displacement;
        var mode = (displacement == 0 ? 0 : isShort ? 0x40 : 0x80) | (register & 7) << 3;
        if (location.Index is { } index)
            code.AddRange([(byte)(mode | 4), (byte)(location.Scale switch { 2 => 0x40, 4 => 0x80, _ => 0 } | ((int)index & 7) << 3 | (int)location.Base & 7)]);
        else
            code.Add((byte)(mode | (int)location.Base & 7));
        if (!isShort)
            Add(displacement);
        else if (displacement != 0)
            code.Add((byte)displacement);
    }

    private void Add(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        code.AddRange(bytes);
    }

    private void SetTarget(int jump, int target)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, target - jump);
        for (var i = 0; i < bytes.Length; i++)
            code[jump - bytes.Length + i] = bytes[i];
    }
}

/// <summary>General registers. Those that encodings of addresses treat specially (rsp, rbp, r12, r13) are left out.</summary>
internal enum Register
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rbx = 3,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
    R14 = 14,
}

/// <summary>When a jump is taken.</summary>
internal enum Condition
{
    /// <summary>After a result of zero, or a comparison of equals.</summary>
    Zero = 4,

    /// <summary>After a result that is not zero.</summary>
    NotZero = 5,

    /// <summary>After a result below zero.</summary>
    Negative = 8,

    /// <summary>After a result of zero or more.</summary>
    NotNegative = 9,

    /// <summary>After a comparison whose first number was the greater, both signed.</summary>
    Greater = 15,

    /// <summary>Always.</summary>
    Always = 16,
}

/// <summary>An address: <c>[Base + Index · Scale]</c>.</summary>
/// <param name="Base">A register.</param>
/// <param name="Index">Another one; null for none.</param>
/// <param name="Scale">1, 2 or 4.</param>
internal readonly record struct Location(Register Base, Register? Index = null, int Scale = 1);

/// <summary>The prefix that is part of an opcode.</summary>
internal enum OpcodePrefix
{
    None = 0,
    Hex66 = 1,
}

/// <summary>The table that an opcode is in.</summary>
internal enum OpcodeMap
{
    Hex0F = 1,
    Hex0F38 = 2,
    Hex0F3A = 3,
}

/// <summary>What a vector instruction does. None of these needs the bit W.</summary>
internal readonly record struct VectorOpcode(OpcodeMap Map, OpcodePrefix Prefix, byte Code)
{
    /// <summary><c>vmovups zmm, m512</c>; here and below likewise with ymm registers and half as much memory.</summary>
    public static readonly VectorOpcode Load = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x10);

    /// <summary><c>vmovups m512, zmm</c>.</summary>
    public static readonly VectorOpcode Store = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x11);

    /// <summary><c>vpmovsxbw zmm, m256</c>: 32 bytes as 16-bit integers.</summary>
    public static readonly VectorOpcode LoadWidened = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x20);

    /// <summary><c>vpbroadcastd zmm, m32</c>: four bytes sixteen times.</summary>
    public static readonly VectorOpcode Broadcast = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x58);

    /// <summary><c>vfmadd231ps</c>: destination += first · second, rounded once.</summary>
    public static readonly VectorOpcode MultiplyAddSingle = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0xB8);

    /// <summary><c>vfmadd213ps</c>: destination = destination · first + second, rounded once.</summary>
    public static readonly VectorOpcode MultiplyOwnAddSingle = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0xA8);

    /// <summary><c>vaddps</c>.</summary>
    public static readonly VectorOpcode AddSingle = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x58);

    /// <summary><c>vmulps</c>.</summary>
    public static readonly VectorOpcode MultiplySingle = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x59);

    /// <summary><c>vcvtdq2ps</c>, whose first source is none, register 0: 32-bit integers as single-precision numbers.</summary>
    public static readonly VectorOpcode ConvertIntegers = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x5B);

    /// <summary><c>vmaxps</c>: the greater; the second where either is NaN.</summary>
    public static readonly VectorOpcode MaximumSingle = new(OpcodeMap.Hex0F, OpcodePrefix.None, 0x5F);

    /// <summary><c>vpdpbusd</c> (VNNI): destination += the sums of four products of bytes, those of first unsigned, those of second signed.</summary>
    public static readonly VectorOpcode MultiplyAddBytes = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x50);

    /// <summary><c>vpdpwssd</c> (VNNI): destination += the sums of two products of 16-bit integers.</summary>
    public static readonly VectorOpcode MultiplyAddShorts = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x52);

    /// <summary><c>vpmaddubsw</c>: the sums of two products of bytes, those of first unsigned, those of second signed, as 16-bit integers; saturates.</summary>
    public static readonly VectorOpcode MultiplyBytes = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x04);

    /// <summary><c>vpmaddwd</c>: the sums of two products of 16-bit integers.</summary>
    public static readonly VectorOpcode MultiplyShorts = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0xF5);

    /// <summary><c>vpaddw</c>: sums of 16-bit integers.</summary>
    public static readonly VectorOpcode AddShorts = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0xFD);

    /// <summary><c>vpaddd</c>: sums of 32-bit integers.</summary>
    public static readonly VectorOpcode AddIntegers = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0xFE);

    /// <summary><c>vpsubd</c>: differences of 32-bit integers.</summary>
    public static readonly VectorOpcode SubtractIntegers = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0xFA);

    /// <summary><c>vpmulld</c>: products of 32-bit integers, the lower halves.</summary>
    public static readonly VectorOpcode MultiplyIntegers = new(OpcodeMap.Hex0F38, OpcodePrefix.Hex66, 0x40);

    /// <summary><c>vpxord</c>, <c>vpxor</c> of AVX2: of a register with itself, zero.</summary>
    public static readonly VectorOpcode Xor = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0xEF);

    /// <summary><c>vpcmpeqd</c> of AVX2: of a register with itself, every bit one.</summary>
    public static readonly VectorOpcode Equal = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0x76);

    /// <summary><c>vpternlogd</c> of AVX-512 with 255: every bit one.</summary>
    public static readonly VectorOpcode TernaryLogic = new(OpcodeMap.Hex0F3A, OpcodePrefix.Hex66, 0x25);

    /// <summary><c>vpsrlw zmm, zmm, number</c>, whose first operand is written and whose register field, here the destination, is 2.</summary>
    public static readonly VectorOpcode ShiftShortsRight = new(OpcodeMap.Hex0F, OpcodePrefix.Hex66, 0x71);

    /// <summary>How much memory the instruction reads or writes.</summary>
    /// <param name="registerBytes">The bytes of a register.</param>
    public int MemoryBytes(int registerBytes) => this == Broadcast ? sizeof(int) : this == LoadWidened ? registerBytes / 2 : registerBytes;
}
