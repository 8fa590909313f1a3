using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels.Tests;

/// <summary>Encodings, as GNU as writes and objdump reads them. What the code computes, the tests of products show.</summary>
public sealed class VectorAssemblerTests
{
    [Fact]
    public void GeneralInstructions_AreEncoded()
    {
        Assert.Equal("4C8B4F20", Written(code => code.Load(Register.R9, Register.Rdi, 32))); // mov r9, [rdi+32]
        Assert.Equal("4C8B9F80000000", Written(code => code.Load(Register.R11, Register.Rdi, 128))); // mov r11, [rdi+128]
        Assert.Equal("4C895728", Written(code => code.Store(Register.R10, Register.Rdi, 40))); // mov [rdi+40], r10
        Assert.Equal("488987C8000000", Written(code => code.Store(Register.Rax, Register.Rdi, 200))); // mov [rdi+200], rax
        Assert.Equal("4883477014", Written(code => code.AddToMemory(Register.Rdi, 112, 20))); // add qword ptr [rdi+112], 20
        Assert.Equal("48838790000000FF", Written(code => code.AddToMemory(Register.Rdi, 144, -1))); // add qword ptr [rdi+144], -1
        Assert.Equal("4A8D3C40", Written(code => code.Address(Register.Rdi, new Location(Register.Rax, Register.R8, 2)))); // lea rdi, [rax+r8*2]
        Assert.Equal("488D1C49", Written(code => code.Address(Register.Rbx, new Location(Register.Rcx, Register.Rcx, 2)))); // lea rbx, [rcx+rcx*2]
        Assert.Equal("4D01DA", Written(code => code.Add(Register.R10, Register.R11))); // add r10, r11
        Assert.Equal("4883C240", Written(code => code.Add(Register.Rdx, 64))); // add rdx, 64
        Assert.Equal("4881C280000000", Written(code => code.Add(Register.Rdx, 128))); // add rdx, 128
        Assert.Equal("4983C1FE", Written(code => code.Add(Register.R9, -2))); // add r9, -2
        Assert.Equal("49FFC9", Written(code => code.Decrement(Register.R9))); // dec r9
        Assert.Equal("4983FB40", Written(code => code.Compare(Register.R11, 64))); // cmp r11, 64
        Assert.Equal("40807F3800", Written(code => code.CompareByteWithZero(Register.Rdi, 56))); // cmp byte ptr [rdi+56], 0
        Assert.Equal("410F188A40000000", Written(code => code.Prefetch(isNear: true, Register.R10, 64))); // prefetcht0 [r10+64]
        Assert.Equal("410F189200000000", Written(code => code.Prefetch(isNear: false, Register.R10, 0))); // prefetcht1 [r10]
        Assert.Equal("53", Written(code => code.Push(Register.Rbx)));
        Assert.Equal("5B", Written(code => code.Pop(Register.Rbx)));
        Assert.Equal("4156", Written(code => code.Push(Register.R14)));
        Assert.Equal("415E", Written(code => code.Pop(Register.R14)));
        Assert.Equal("4901F6", Written(code => code.Add(Register.R14, Register.Rsi))); // add r14, rsi
        Assert.Equal("C5F877C3", Written(code => code.Return())); // vzeroupper; ret
    }

    [Fact]
    public void LoadsAndStores_AreEncoded()
    {
        Assert.Equal("62617C48101C1A", Written(code => code.Vector(VectorOpcode.Load, 27, new Location(Register.Rdx, Register.Rbx)))); // vmovups zmm27, [rdx+rbx]
        Assert.Equal("62617C4810144A", Written(code => code.Vector(VectorOpcode.Load, 26, new Location(Register.Rdx, Register.Rcx, 2)))); // vmovups zmm26, [rdx+rcx*2]
        Assert.Equal("62627D48200C0A", Written(code => code.Vector(VectorOpcode.LoadWidened, 25, new Location(Register.Rdx, Register.Rcx)))); // vpmovsxbw zmm25, [rdx+rcx]
        Assert.Equal("62227D48582447", Written(code => code.Vector(VectorOpcode.Broadcast, 28, new Location(Register.Rdi, Register.R8, 2)))); // vpbroadcastd zmm28, [rdi+r8*2]
        Assert.Equal("62F27D48585E01", Written(code => code.Vector(VectorOpcode.Broadcast, 3, new Location(Register.Rsi), index: 1))); // vpbroadcastd zmm3, [rsi+4]
        Assert.Equal("62E17C48117E17", Written(code => code.Vector(VectorOpcode.Store, 23, new Location(Register.Rsi), index: 23))); // vmovups [rsi+1472], zmm23
        Assert.Equal("62F17C481106", Written(code => code.Vector(VectorOpcode.Store, 0, new Location(Register.Rsi)))); // vmovups [rsi], zmm0
    }

    [Fact]
    public void Arithmetic_IsEncoded()
    {
        Assert.Equal("62A14540EFFF", Written(code => code.Vector(VectorOpcode.Xor, 23, 23, 23))); // vpxord zmm23, zmm23, zmm23
        Assert.Equal("62921D40B8E8", Written(code => code.Vector(VectorOpcode.MultiplyAddSingle, 5, 28, 24))); // vfmadd231ps zmm5, zmm28, zmm24
        Assert.Equal("62920D40A8EF", Written(code => code.Vector(VectorOpcode.MultiplyOwnAddSingle, 5, 30, 31))); // vfmadd213ps zmm5, zmm30, zmm31
        Assert.Equal("62D1744858C1", Written(code => code.Vector(VectorOpcode.AddSingle, 0, 1, 9))); // vaddps zmm0, zmm1, zmm9
        Assert.Equal("62F14C48586903", Written(code => code.Vector(VectorOpcode.AddSingle, 5, 6, new Location(Register.Rcx), 3))); // vaddps zmm5, zmm6, [rcx+192]
        Assert.Equal("62E14C405831", Written(code => code.Vector(VectorOpcode.AddSingle, 22, 22, new Location(Register.Rcx), 0))); // vaddps zmm22, zmm22, [rcx]
        Assert.Equal("62413440595301", Written(code => code.Vector(VectorOpcode.MultiplySingle, 26, 25, new Location(Register.R11), 1))); // vmulps zmm26, zmm25, [r11+64]
        Assert.Equal("6281444059FA", Written(code => code.Vector(VectorOpcode.MultiplySingle, 23, 23, 26))); // vmulps zmm23, zmm23, zmm26
        Assert.Equal("62A17C485BFF", Written(code => code.Vector(VectorOpcode.ConvertIntegers, 23, 0, 23))); // vcvtdq2ps zmm23, zmm23
        Assert.Equal("62814540FAFA", Written(code => code.Vector(VectorOpcode.SubtractIntegers, 23, 23, 26))); // vpsubd zmm23, zmm23, zmm26
        Assert.Equal("62623D40405302", Written(code => code.Vector(VectorOpcode.MultiplyIntegers, 26, 24, new Location(Register.Rbx), 2))); // vpmulld zmm26, zmm24, [rbx+128]
        Assert.Equal("62A11C405FFF", Written(code => code.Vector(VectorOpcode.MaximumSingle, 23, 28, 23))); // vmaxps zmm23, zmm28, zmm23
        Assert.Equal("62821D4050DB", Written(code => code.Vector(VectorOpcode.MultiplyAddBytes, 19, 28, 27))); // vpdpbusd zmm19, zmm28, zmm27
        Assert.Equal("62521D4052E1", Written(code => code.Vector(VectorOpcode.MultiplyAddShorts, 12, 28, 9))); // vpdpwssd zmm12, zmm28, zmm9
        Assert.Equal("62021D4004E8", Written(code => code.Vector(VectorOpcode.MultiplyBytes, 29, 28, 24))); // vpmaddubsw zmm29, zmm28, zmm24
        Assert.Equal("62011540F5EE", Written(code => code.Vector(VectorOpcode.MultiplyShorts, 29, 29, 30))); // vpmaddwd zmm29, zmm29, zmm30
        Assert.Equal("62814540FEFD", Written(code => code.Vector(VectorOpcode.AddIntegers, 23, 23, 29))); // vpaddd zmm23, zmm23, zmm29
        Assert.Equal("62030D4025F6FF", Written(code => code.Vector(VectorOpcode.TernaryLogic, 30, 30, 30, 255))); // vpternlogd zmm30, zmm30, zmm30, 255
        Assert.Equal("62910D4071D60F", Written(code => code.Vector(VectorOpcode.ShiftShortsRight, 2, 30, 30, 15))); // vpsrlw zmm30, zmm30, 15
    }

    [Fact]
    public void NarrowRegisters_AreEncodedAndDistancesAreInBytes()
    {
        Assert.Equal("C4617C101C1A", Narrow(code => code.Vector(VectorOpcode.Load, 11, new Location(Register.Rdx, Register.Rbx)))); // vmovups ymm11, [rdx+rbx]
        Assert.Equal("C4617C10544A20", Narrow(code => code.Vector(VectorOpcode.Load, 10, new Location(Register.Rdx, Register.Rcx, 2), index: 1))); // vmovups ymm10, [rdx+rcx*2+32]
        Assert.Equal("C4627D204A10", Narrow(code => code.Vector(VectorOpcode.LoadWidened, 9, new Location(Register.Rdx), index: 1))); // vpmovsxbw ymm9, [rdx+16]
        Assert.Equal("C4227D58644704", Narrow(code => code.Vector(VectorOpcode.Broadcast, 12, new Location(Register.Rdi, Register.R8, 2), index: 1))); // vpbroadcastd ymm12, [rdi+r8*2+4]
        Assert.Equal("C4617C119E60010000", Narrow(code => code.Vector(VectorOpcode.Store, 11, new Location(Register.Rsi), index: 11))); // vmovups [rsi+352], ymm11
        Assert.Equal("C4E17C1106", Narrow(code => code.Vector(VectorOpcode.Store, 0, new Location(Register.Rsi)))); // vmovups [rsi], ymm0
        Assert.Equal("C44125EFDB", Narrow(code => code.Vector(VectorOpcode.Xor, 11, 11, 11))); // vpxor ymm11, ymm11, ymm11
        Assert.Equal("C4C20DB8EC", Narrow(code => code.Vector(VectorOpcode.MultiplyAddSingle, 5, 14, 12))); // vfmadd231ps ymm5, ymm14, ymm12
        Assert.Equal("C4C17458C1", Narrow(code => code.Vector(VectorOpcode.AddSingle, 0, 1, 9))); // vaddps ymm0, ymm1, ymm9
        Assert.Equal("C4E14C586960", Narrow(code => code.Vector(VectorOpcode.AddSingle, 5, 6, new Location(Register.Rcx), 3))); // vaddps ymm5, ymm6, [rcx+96]
        Assert.Equal("C4E14C58A9A0000000", Narrow(code => code.Vector(VectorOpcode.AddSingle, 5, 6, new Location(Register.Rcx), 5))); // vaddps ymm5, ymm6, [rcx+160]
        Assert.Equal("C44114597320", Narrow(code => code.Vector(VectorOpcode.MultiplySingle, 14, 13, new Location(Register.R11), 1))); // vmulps ymm14, ymm13, [r11+32]
        Assert.Equal("C4417C5BDB", Narrow(code => code.Vector(VectorOpcode.ConvertIntegers, 11, 0, 11))); // vcvtdq2ps ymm11, ymm11
        Assert.Equal("C44125FADE", Narrow(code => code.Vector(VectorOpcode.SubtractIntegers, 11, 11, 14))); // vpsubd ymm11, ymm11, ymm14
        Assert.Equal("C4621D407320", Narrow(code => code.Vector(VectorOpcode.MultiplyIntegers, 14, 12, new Location(Register.Rbx), 1))); // vpmulld ymm14, ymm12, [rbx+32]
        Assert.Equal("C4410C5FDB", Narrow(code => code.Vector(VectorOpcode.MaximumSingle, 11, 14, 11))); // vmaxps ymm11, ymm14, ymm11
        Assert.Equal("C4421D04E8", Narrow(code => code.Vector(VectorOpcode.MultiplyBytes, 13, 12, 8))); // vpmaddubsw ymm13, ymm12, ymm8
        Assert.Equal("C4621D046A20", Narrow(code => code.Vector(VectorOpcode.MultiplyBytes, 13, 12, new Location(Register.Rdx), 1))); // vpmaddubsw ymm13, ymm12, [rdx+32]
        Assert.Equal("C44115F5EE", Narrow(code => code.Vector(VectorOpcode.MultiplyShorts, 13, 13, 14))); // vpmaddwd ymm13, ymm13, ymm14
        Assert.Equal("C44115FDEE", Narrow(code => code.Vector(VectorOpcode.AddShorts, 13, 13, 14))); // vpaddw ymm13, ymm13, ymm14
        Assert.Equal("C44125FEDD", Narrow(code => code.Vector(VectorOpcode.AddIntegers, 11, 11, 13))); // vpaddd ymm11, ymm11, ymm13
        Assert.Equal("C4410D76F6", Narrow(code => code.Vector(VectorOpcode.Equal, 14, 14, 14))); // vpcmpeqd ymm14, ymm14, ymm14
        Assert.Equal("C4C10D71D60F", Narrow(code => code.Vector(VectorOpcode.ShiftShortsRight, 2, 14, 14, 15))); // vpsrlw ymm14, ymm14, 15
        Assert.Equal("C4C21D50DD", Narrow(code => code.Vector(VectorOpcode.MultiplyAddBytes, 3, 12, 13))); // {vex} vpdpbusd ymm3, ymm12, ymm13
        Assert.Equal("C4425D52E1", Narrow(code => code.Vector(VectorOpcode.MultiplyAddShorts, 12, 4, 9))); // {vex} vpdpwssd ymm12, ymm4, ymm9

        static string Narrow(Action<VectorAssembler> write) => Written(write, VectorAssembler.NarrowRegisterBytes);
    }

    [Fact]
    public void Jumps_LeadFromTheirEndToTheirTarget()
    {
        var code = new VectorAssembler(VectorAssembler.WideRegisterBytes);
        var ahead = code.JumpAhead(Condition.Greater);
        var always = code.JumpAhead(Condition.Always);
        code.LandHere(ahead);
        code.Decrement(Register.R9);
        code.LandHere(always);
        code.JumpBack(Condition.NotZero, target: 0);
        Assert.Equal("0F8F05000000" + "E903000000" + "49FFC9" + "0F85ECFFFFFF", Convert.ToHexString(code.ToArray())); // jg +5; jmp +3; dec r9; jne -20
    }

    [Fact]
    public void AlignToLine_FillsWithTraps()
    {
        var code = new VectorAssembler(VectorAssembler.WideRegisterBytes);
        code.AlignToLine();
        Assert.Equal(0, code.Length);
        code.Push(Register.Rbx);
        code.AlignToLine();
        Assert.Equal("53" + string.Concat(Enumerable.Repeat("CC", 63)), Convert.ToHexString(code.ToArray()));
    }

    private static string Written(Action<VectorAssembler> write, int registerBytes = VectorAssembler.WideRegisterBytes)
    {
        var code = new VectorAssembler(registerBytes);
        write(code);
        return Convert.ToHexString(code.ToArray());
    }
}
