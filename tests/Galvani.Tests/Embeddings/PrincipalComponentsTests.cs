using Galvani.Embeddings;

namespace Galvani.Tests.Embeddings;

/// <summary>Directions of data whose directions are known.</summary>
public sealed class PrincipalComponentsTests
{
    [Fact]
    public void Project_PointsOnALine_ExplainsEverythingByOneDirection()
    {
        float[][] points = [.. Enumerable.Range(-5, 11).Select(t => (float[])[t * 3, t * 4, 7])];
        var (coordinates, explained) = PrincipalComponents.Project(points, count: 2);
        Assert.Equal(1, explained[0], 1e-9);
        Assert.Equal(0, explained[1], 1e-9);
        for (var i = 0; i < points.Length; i++)
            Assert.Equal((i - 5) * 5, coordinates[i, 0], 1e-6);
    }

    [Fact]
    public void Project_AxesOfDifferentSpread_AreFoundInOrder()
    {
        var random = new Random(3);
        float[][] points = [.. Enumerable.Range(0, 500).Select(_ => (float[])[(float)(random.NextDouble() - 0.5), (float)(10 * (random.NextDouble() - 0.5)), (float)(3 * (random.NextDouble() - 0.5))])];
        var (coordinates, explained) = PrincipalComponents.Project(points, count: 2);
        Assert.InRange(explained[0], 0.85, 0.95);
        Assert.InRange(explained[1], 0.05, 0.12);
        var mean = points.Average(point => point[1]);
        for (var i = 0; i < points.Length; i++)
            Assert.Equal(points[i][1] - mean, coordinates[i, 0], 0.2);
    }

    [Fact]
    public void Project_SameVectorsAgain_GivesTheSamePicture()
    {
        var random = new Random(4);
        float[][] points = [.. Enumerable.Range(0, 50).Select(_ => Enumerable.Range(0, 16).Select(_ => (float)random.NextDouble()).ToArray())];
        Assert.Equal(PrincipalComponents.Project(points, count: 2).Coordinates, PrincipalComponents.Project(points, count: 2).Coordinates);
    }

    [Fact]
    public void Project_EqualVectors_HaveNoVariance()
    {
        var (coordinates, explained) = PrincipalComponents.Project([[1, 2], [1, 2], [1, 2]], count: 2);
        Assert.All(coordinates.Cast<double>(), value => Assert.Equal(0, value));
        Assert.Equal([0.0, 0.0], explained);
    }

    [Fact]
    public void Project_BadInput_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PrincipalComponents.Project([[1, 2]], count: 1));
        Assert.Throws<ArgumentException>(() => PrincipalComponents.Project([[1, 2], [1]], count: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PrincipalComponents.Project([[1, 2], [3, 4]], count: 3));
    }
}
