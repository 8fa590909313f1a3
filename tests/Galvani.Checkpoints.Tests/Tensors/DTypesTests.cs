using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests.Tensors;

public sealed class DTypesTests
{
    public static TheoryData<DType> All => [.. Enum.GetValues<DType>()];

    [Theory]
    [MemberData(nameof(All))]
    public void TryParse_OwnName_GivesTheType(DType type)
    {
        Assert.True(DTypes.TryParse(type.TorchName(), out var parsed));
        Assert.Equal(type, parsed);
        Assert.True(DTypes.TryParse("torch." + type.TorchName(), out parsed));
        Assert.Equal(type, parsed);
        Assert.True(DTypes.TryParseStorage(type.StorageName(), out parsed));
        Assert.Equal(type, parsed);
        Assert.InRange(type.ElementBytes(), 1, 16);
    }

    [Fact]
    public void TryParse_NoType_IsFalse()
    {
        Assert.False(DTypes.TryParse("float33", out _));
        Assert.False(DTypes.TryParse("", out _));
    }
}
