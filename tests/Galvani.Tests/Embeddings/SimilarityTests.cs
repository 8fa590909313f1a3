using Galvani.Embeddings;

namespace Galvani.Tests.Embeddings;

/// <summary>Cosines, matrices, ranks.</summary>
public sealed class SimilarityTests
{
    [Theory]
    [InlineData(new float[] { 1, 0 }, new float[] { 0, 1 }, 0)]
    [InlineData(new float[] { 1, 2 }, new float[] { 2, 4 }, 1)]
    [InlineData(new float[] { 1, 2 }, new float[] { -1, -2 }, -1)]
    [InlineData(new float[] { 3, 4 }, new float[] { 4, 3 }, 0.96)]
    [InlineData(new float[] { 0, 0 }, new float[] { 1, 1 }, 0)]
    public void Cosine_OfVectors_IsTheirInnerProductOverTheirNorms(float[] left, float[] right, double expected) => Assert.Equal(expected, Similarity.Cosine(left, right), 1e-15);

    [Fact]
    public void Cosine_LargeAndSmallVectors_NeitherOverflowsNorVanishes()
    {
        Assert.Equal(1, Similarity.Cosine([3e38f, 3e38f], [1e-38f, 1e-38f]), 1e-12);
        Assert.Throws<ArgumentException>(() => Similarity.Cosine([1], [1, 2]));
    }

    [Fact]
    public void Matrix_OfVectors_IsSymmetricWithOnesOnTheDiagonal()
    {
        var matrix = Similarity.Matrix([[1, 2], [2, 1], [-1, 3]]);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, matrix[i, i], 1e-15);
            for (var j = 0; j < 3; j++)
                Assert.Equal(matrix[i, j], matrix[j, i]);
        }
    }

    [Fact]
    public void Rank_Candidates_AreOrderedByCosineThenIndex() =>
        Assert.Equal([1, 3, 0, 2], Similarity.Rank([1, 0], [[1, 1], [2, 0], [-1, 0], [3, 0]]).Select(entry => entry.Index));
}
